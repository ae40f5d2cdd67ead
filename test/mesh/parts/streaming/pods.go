package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// pod is one file FOLDER/NAMESPACE/POD.json.
type pod struct {
	UID string `json:"uid"`
	// Netns is the path of the pod's network namespace.
	Netns      string               `json:"netns"`
	Containers map[string]container `json:"containers"`
}

type container struct {
	// PidFile holds the process id in decimals; the file is absent while the container does not run.
	PidFile     string            `json:"pidFile"`
	Log         string            `json:"log"`
	PreviousLog string            `json:"previousLog"`
	Cwd         string            `json:"cwd"`
	UID         uint32            `json:"uid"`
	GID         uint32            `json:"gid"`
	Env         map[string]string `json:"env"`
}

var errNotFound = errors.New("not found")

func readPod(folder, namespace, name string) (pod, error) {
	var found pod
	if !isName(namespace) || !isName(name) {
		return found, fmt.Errorf("pod %q in namespace %q: %w", name, namespace, errNotFound)
	}
	path := filepath.Join(folder, namespace, name+".json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return found, fmt.Errorf("pod %s/%s: %w", namespace, name, errNotFound)
	}
	if err != nil {
		return found, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&found); err != nil {
		return found, fmt.Errorf("%s: %w", path, err)
	}
	return found, nil
}

func readContainer(folder, namespace, podName, name string) (container, error) {
	found, err := readPod(folder, namespace, podName)
	if err != nil {
		return container{}, err
	}
	one, ok := found.Containers[name]
	if !ok {
		return container{}, fmt.Errorf("container %q of pod %s/%s: %w", name, namespace, podName, errNotFound)
	}
	return one, nil
}

// isName keeps a path of the API inside the folder.
func isName(name string) bool {
	return name != "" && name[0] != '.' && !strings.ContainsAny(name, "/\x00")
}

// pid is the container's process, 0 while there is none.
func (c container) pid() int {
	text, err := os.ReadFile(c.PidFile)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}
