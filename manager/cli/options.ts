import {type Command, InvalidArgumentError, Option} from "commander";
import {connect, type Connection} from "../cluster/connect.ts";

function repeated(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** `-f`, repeatable. */
export function fileOption(): Option {
  return optionalFileOption().makeOptionMandatory();
}

/** `-f`, repeatable, where something else may stand for it. */
export function optionalFileOption(): Option {
  return new Option(
    "-f, --file <file>",
    "YAML or JSON file, folder, or - for standard input; may be repeated",
  ).argParser(repeated);
}

/** `-o yaml|json`. */
export function outputOption(description: string): Option {
  return new Option("-o, --output <form>", description).choices(["yaml", "json"]);
}

/** An option that may be repeated. */
export function repeatableOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(repeated).default([], "none");
}

/** Which cluster and namespace, as kubectl takes it. */
export interface ClusterOptions {
  context?: string;
  kubeconfig?: string;
  namespace?: string;
}

/** `--context`, `--kubeconfig`, `-n`. */
export function addClusterOptions(command: Command): Command {
  return command
    .option("--context <name>", "context of the kubeconfig, by default its current one")
    .option("--kubeconfig <file>", "by default those of $KUBECONFIG, else ~/.kube/config")
    .option("-n, --namespace <namespace>", "of objects that name none, by default the context's");
}

/** The cluster that the options mean, and the namespace of objects that name none. */
export function connectTo(options: ClusterOptions): Connection {
  const connection = connect(options);
  return {...connection, namespace: options.namespace ?? connection.namespace};
}

/** `60s`, `2m` or `500ms` in milliseconds. */
export function durationMs(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (parts === null) throw new InvalidArgumentError("write it like 500ms, 60s or 2m");
  const units: Record<string, number> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000};
  return Number(parts[1]) * units[parts[2]!]!;
}

/** How long changes wait for the proxies. */
export interface ProxyFlags {
  istioNamespace: string;
  settle: number;
}

/** `--istio-namespace`, `--settle`. */
export function addProxyOptions(command: Command): Command {
  return command
    .addOption(new Option("--istio-namespace <namespace>", "where istiod runs").default("istio-system"))
    .addOption(
      new Option("--settle <time>", "how long to wait for the proxies where istiod cannot be asked")
        .argParser(durationMs)
        .default(5000, "5s"),
    );
}
