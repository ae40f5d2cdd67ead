package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

const dialTimeout = 10 * time.Second

// forwarder connects to the loopback addresses of a network namespace.
type forwarder struct{ netns string }

// PortForward copies between stream and port until the server has ended its side, or the client is gone.
func (f forwarder) PortForward(ctx context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	connection, err := f.dial(ctx, port)
	if err != nil {
		return err
	}
	defer connection.Close()
	go func() {
		if _, err := io.Copy(connection, stream); err != nil {
			connection.Close()
			return
		}
		connection.CloseWrite()
	}()
	_, err = io.Copy(stream, connection)
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (f forwarder) dial(ctx context.Context, port int32) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var connection net.Conn
	err := inNamespaces([]string{f.netns}, func() error {
		var refused error
		for _, host := range []string{"127.0.0.1", "::1"} {
			var err error
			connection, err = (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(int(port))))
			if err == nil {
				return nil
			}
			refused = errors.Join(refused, err)
		}
		return refused
	})
	if err != nil {
		return nil, fmt.Errorf("connect to port %d in the pod: %w", port, err)
	}
	return connection.(*net.TCPConn), nil
}
