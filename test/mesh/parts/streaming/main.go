// Streaming serves the part of a kubelet's API behind kubectl logs, exec, cp and port-forward, for pods that are network
// namespaces of this machine. README.md beside it says how it learns of them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, parse()); err != nil {
		fmt.Fprintln(os.Stderr, "streaming:", err)
		os.Exit(1)
	}
}

func parse() options {
	var given options
	flag.StringVar(&given.address, "address", "", "`IP:PORT` to listen on, port 0 for any")
	flag.StringVar(&given.cert, "cert", "", "PEM `file`, the server's certificate")
	flag.StringVar(&given.key, "key", "", "PEM `file`, its private key")
	flag.StringVar(&given.clientCA, "client-ca", "", "PEM `file`, the authority of the clients' certificates")
	flag.StringVar(&given.pods, "pods", "", "`folder` of the pods' files")
	flag.Parse()
	flag.VisitAll(func(one *flag.Flag) {
		if one.Value.String() == "" || flag.NArg() > 0 {
			fmt.Fprintf(os.Stderr, "streaming: every flag is needed and no argument; --%s is %q\n", one.Name, one.Value)
			flag.Usage()
			os.Exit(2)
		}
	})
	return given
}
