package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// marker is how the harness finds what it left behind; commands inherit it.
const marker = "MESHLANE_PLAYGROUND"

// commands counts those that run, so that the end of the program can wait for them.
var commands sync.WaitGroup

// executor runs commands beside a container's process: in its namespaces, as its user.
type executor struct {
	container container
	pid       int
}

// ExecInContainer runs a command until it ends or ctx does, which kills it with its process group.
func (e executor) ExecInContainer(ctx context.Context, _, _, _ string, line []string, in io.Reader, out, err io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	commands.Add(1)
	defer commands.Done()
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Err = nil // of the search in this program's own PATH and mount namespace; start searches in the container's
	command.Dir = e.container.Cwd
	command.Env = e.environment()
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: e.container.UID, Gid: e.container.GID}}
	if tty {
		return exitStatus(e.runTerminal(command, in, out, resize))
	}
	return exitStatus(e.runPipes(command, in, out, err))
}

func (e executor) runPipes(command *exec.Cmd, in io.Reader, out, err io.WriteCloser) error {
	// A nil interface, not an interface of a nil stream, is what makes exec use /dev/null.
	if out != nil {
		command.Stdout = out
	}
	if err != nil {
		command.Stderr = err
	}
	command.SysProcAttr.Setpgid = true
	if in != nil {
		// Wait must not wait for a client that keeps its stdin open, as it would if this were command.Stdin.
		stdin, err := command.StdinPipe()
		if err != nil {
			return err
		}
		defer stdin.Close()
		go func() {
			io.Copy(stdin, in)
			stdin.Close()
		}()
	}
	if err := e.start(command); err != nil {
		return err
	}
	return command.Wait()
}

func (e executor) runTerminal(command *exec.Cmd, in io.Reader, out io.Writer, resize <-chan remotecommand.TerminalSize) error {
	master, slave, err := pty.Open()
	if err != nil {
		return err
	}
	defer master.Close()
	defer slave.Close()
	if err := slave.Chown(int(e.container.UID), int(e.container.GID)); err != nil {
		return err
	}
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr.Setsid = true
	command.SysProcAttr.Setctty = true
	go func() {
		for size := range resize {
			pty.Setsize(master, &pty.Winsize{Rows: size.Height, Cols: size.Width})
		}
	}()
	if err := e.start(command); err != nil {
		return err
	}
	slave.Close()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		if out != nil {
			io.Copy(out, master)
		}
	}()
	if in != nil {
		go io.Copy(master, in)
	}
	err = command.Wait()
	<-copied
	return err
}

func (e executor) start(command *exec.Cmd) error {
	namespaces := []string{e.namespace("net"), e.namespace("mnt")}
	return inNamespaces(namespaces, func() error {
		path, err := e.search(command.Args[0])
		if err != nil {
			return err
		}
		command.Path = path
		return command.Start()
	})
}

func (e executor) namespace(kind string) string {
	return fmt.Sprintf("/proc/%d/ns/%s", e.pid, kind)
}

// search finds the program as a shell does, by the container's own PATH.
func (e executor) search(name string) (string, error) {
	if filepath.Base(name) != name {
		return name, nil
	}
	for _, folder := range filepath.SplitList(e.path()) {
		path := filepath.Join(folder, name)
		if found, err := os.Stat(path); err == nil && found.Mode().IsRegular() && found.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%q: no such program in PATH=%s", name, e.path())
}

func (e executor) path() string {
	if path, ok := e.container.Env["PATH"]; ok {
		return path
	}
	return os.Getenv("PATH")
}

func (e executor) environment() []string {
	environment := []string{"PATH=" + e.path(), marker + "=" + os.Getenv(marker)}
	for name, value := range e.container.Env {
		if name != "PATH" && name != marker {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// exitStatus gives the protocol the exit code as a shell counts it: 128 and the signal's number for a killed command.
func exitStatus(err error) error {
	var exited *exec.ExitError
	if !errors.As(err, &exited) {
		return err
	}
	code := exited.ExitCode()
	if status, ok := exited.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return utilexec.CodeExitError{Err: err, Code: code}
}
