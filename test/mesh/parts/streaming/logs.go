package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"k8s.io/apiserver/pkg/util/flushwriter"
	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-client/pkg/logs"
)

// serveLogs answers with a container's log; with `follow` until its process ends or the client leaves.
func serveLogs(pods string, w http.ResponseWriter, r *http.Request) error {
	target, err := containerOf(pods, r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	if stream := query.Get("stream"); stream != "" && stream != "All" {
		return refusal{http.StatusBadRequest, "stream: this node keeps stdout and stderr as one"}
	}
	asked, err := logOptions(query)
	if err != nil {
		return refusal{http.StatusBadRequest, err.Error()}
	}
	path := target.Log
	if query.Get("previous") == "true" {
		path = target.PreviousLog
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if asked.Follow {
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
	}
	writer := flushwriter.Wrap(w)
	err = logs.ReadLogs(r.Context(), path, "", asked, process{container: target, pid: target.pid()}, writer, writer)
	if r.Context().Err() != nil {
		return nil
	}
	return err
}

// logOptions reads the query of the API's PodLogOptions.
func logOptions(query url.Values) (*logs.LogOptions, error) {
	options := &logs.LogOptions{Follow: query.Get("follow") == "true", Timestamp: query.Get("timestamps") == "true"}
	var err error
	if options.TailLines, err = count(query, "tailLines"); err != nil {
		return nil, err
	}
	if options.LimitBytes, err = count(query, "limitBytes"); err != nil {
		return nil, err
	}
	seconds, err := count(query, "sinceSeconds")
	if err != nil {
		return nil, err
	}
	if seconds != nil {
		options.Since = time.Now().Add(-time.Duration(*seconds) * time.Second)
	}
	if text := query.Get("sinceTime"); text != "" {
		options.Since, err = time.Parse(time.RFC3339, text)
	}
	return options, err
}

func count(query url.Values, name string) (*int64, error) {
	text := query.Get(name)
	if text == "" {
		return nil, nil
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 {
		return nil, fmt.Errorf("%s: %q is not a number from 0", name, text)
	}
	return &number, nil
}

// process answers the only question that following a log asks of a container runtime: does this container still run?
type process struct {
	internalapi.RuntimeService
	container container
	pid       int
}

func (p process) ContainerStatus(context.Context, string, bool) (*runtimeapi.ContainerStatusResponse, error) {
	state := runtimeapi.ContainerState_CONTAINER_EXITED
	if p.pid != 0 && p.container.pid() == p.pid {
		state = runtimeapi.ContainerState_CONTAINER_RUNNING
	}
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{State: state}}, nil
}
