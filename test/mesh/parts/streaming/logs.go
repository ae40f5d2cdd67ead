package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/util/flushwriter"
	"k8s.io/client-go/kubernetes/scheme"
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
	var asked core.PodLogOptions
	if err := scheme.ParameterCodec.DecodeParameters(r.URL.Query(), core.SchemeGroupVersion, &asked); err != nil {
		return refusal{http.StatusBadRequest, err.Error()}
	}
	if asked.Stream != nil && *asked.Stream != core.LogStreamAll {
		return refusal{http.StatusBadRequest, "stream: this node keeps stdout and stderr as one"}
	}
	path := target.Log
	if asked.Previous {
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
	err = logs.ReadLogs(r.Context(), path, "", logOptions(asked), process{container: target, pid: target.pid()}, writer, writer)
	if r.Context().Err() != nil {
		return nil
	}
	return err
}

func logOptions(asked core.PodLogOptions) *logs.LogOptions {
	options := &logs.LogOptions{
		TailLines:  asked.TailLines,
		LimitBytes: asked.LimitBytes,
		Follow:     asked.Follow,
		Timestamp:  asked.Timestamps,
	}
	if asked.SinceTime != nil {
		options.Since = asked.SinceTime.Time
	} else if asked.SinceSeconds != nil {
		options.Since = time.Now().Add(-time.Duration(*asked.SinceSeconds) * time.Second)
	}
	return options
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
