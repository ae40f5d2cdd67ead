package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

const (
	idleTimeout   = 4 * time.Hour
	streamTimeout = 30 * time.Second
)

type options struct {
	address, cert, key, clientCA, pods string
}

// serve answers until ctx ends; commands that it started end with it.
func serve(ctx context.Context, given options) error {
	config, err := tlsConfig(given)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", given.address)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler(given.pods),
		TLSConfig:         config,
		ReadHeaderTimeout: streamTimeout,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	fmt.Println("listening", listener.Addr())
	closed := make(chan struct{})
	go func() {
		<-ctx.Done()
		commands.Wait()
		server.Close()
		close(closed)
	}()
	if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-closed
	return nil
}

func tlsConfig(given options) (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(given.cert, given.key)
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(given.clientCA)
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s: no certificate in it", given.clientCA)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
	}, nil
}

func handler(pods string) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", answer(pods, serveLogs))
	routes.HandleFunc("/exec/{namespace}/{pod}/{container}", answer(pods, serveExec))
	routes.HandleFunc("/attach/{namespace}/{pod}/{container}", answer(pods, refuseAttach))
	routes.HandleFunc("/portForward/{namespace}/{pod}", answer(pods, servePortForward))
	return routes
}

type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

// answer turns an error of an endpoint that has not answered yet into a response.
func answer(pods string, endpoint func(string, http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := endpoint(pods, w, r)
		var refused refusal
		switch {
		case err == nil:
		case errors.As(err, &refused):
			http.Error(w, refused.text, refused.status)
		case errors.Is(err, errNotFound):
			http.Error(w, err.Error(), http.StatusNotFound)
		default:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func containerOf(pods string, r *http.Request) (container, error) {
	return readContainer(pods, r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container"))
}

func serveExec(pods string, w http.ResponseWriter, r *http.Request) error {
	target, err := containerOf(pods, r)
	if err != nil {
		return err
	}
	pid := target.pid()
	if pid == 0 {
		return refusal{http.StatusBadRequest, fmt.Sprintf("container %s is not running", r.PathValue("container"))}
	}
	streams, err := remotecommand.NewOptions(r)
	if err != nil {
		return refusal{http.StatusBadRequest, err.Error()}
	}
	command := r.URL.Query()["command"]
	if len(command) == 0 {
		return refusal{http.StatusBadRequest, "no command"}
	}
	remotecommand.ServeExec(w, r, executor{target, pid}, r.PathValue("pod"), "", r.PathValue("container"), command, streams,
		idleTimeout, streamTimeout, remotecommand.SupportedStreamingProtocols)
	return nil
}

func refuseAttach(string, http.ResponseWriter, *http.Request) error {
	return refusal{http.StatusNotImplemented, "attach: a container of this node has no stdin; use exec or logs --follow"}
}

func servePortForward(pods string, w http.ResponseWriter, r *http.Request) error {
	target, err := readPod(pods, r.PathValue("namespace"), r.PathValue("pod"))
	if err != nil {
		return err
	}
	options, err := portforward.NewV4Options(r)
	if err != nil {
		return refusal{http.StatusBadRequest, err.Error()}
	}
	portforward.ServePortForward(w, r, forwarder{target.Netns}, r.PathValue("pod"), "", options,
		idleTimeout, streamTimeout, portforward.SupportedProtocols)
	return nil
}
