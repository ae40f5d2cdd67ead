package main

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// inNamespaces runs work on a thread that has entered the namespaces of these files (/proc/PID/ns/*, /run/netns/*) and
// ends with it. Sockets that work opens and processes that it starts belong to these namespaces.
func inNamespaces(paths []string, work func() error) error {
	done := make(chan error)
	go func() {
		// Never unlocked: Go ends a thread whose goroutine ends so, and nothing else ever runs on it.
		runtime.LockOSThread()
		if err := enter(paths); err != nil {
			done <- err
			return
		}
		done <- work()
	}()
	return <-done
}

func enter(paths []string) error {
	files := make([]int, 0, len(paths))
	defer func() {
		for _, file := range files {
			unix.Close(file)
		}
	}()
	// All are opened before one is entered: another mount namespace need not have the same /proc.
	for _, path := range paths {
		file, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("namespace %s: %w", path, err)
		}
		files = append(files, file)
	}
	// A thread that shares its root and working folder with others may not change its mount namespace.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	for i, file := range files {
		if err := unix.Setns(file, 0); err != nil {
			return fmt.Errorf("namespace %s: %w", paths[i], err)
		}
	}
	return nil
}
