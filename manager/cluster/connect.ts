import {existsSync} from "node:fs";
import {homedir} from "node:os";
import {delimiter, join} from "node:path";
import {didYouMean} from "../model/suggest.ts";
import {Api} from "./api.ts";
import {ClusterError, type Place} from "./failure.ts";
import {Kubeconfig} from "./kubeconfig.ts";
import {Transport} from "./transport.ts";

/** Which cluster, as kubectl takes it. */
export interface ConnectOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** The environment that may name kubeconfig files; by default that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Connection {
  readonly api: Api;
  /** Of the context; `default` where it names none. */
  readonly namespace: string;
  readonly place: Place;
}

/**
 * Finds the cluster as kubectl does: the file of `--kubeconfig`, else those of KUBECONFIG (the first to say something is
 * right), else ~/.kube/config, else the service account of the pod that this runs in. Asks the cluster nothing.
 * @throws ClusterError where there is no such file or context
 */
export function connect(options: ConnectOptions = {}): Connection {
  const {config, from} = load(options);
  const name = options.context ?? config.currentContext;
  const context = config.getContextObject(name);
  if (context === null) throw noContext(name, config, from);
  config.currentContext = name;
  const cluster = config.getCurrentCluster();
  if (cluster === null || config.getCurrentUser() === null) {
    const what = cluster === null ? `cluster "${context.cluster}"` : `user "${context.user}"`;
    throw new ClusterError("Other", `context ${name} of ${from} names ${what}, which is not there`);
  }
  const place = {server: originOf(cluster.server), from: `context ${name} of ${from}`};
  const transport = new Transport(config, place);
  return {api: new Api(transport), namespace: context.namespace ?? "default", place};
}

const mounted = "/var/run/secrets/kubernetes.io/serviceaccount/token";

function load({kubeconfig, env = process.env}: ConnectOptions): {config: Kubeconfig; from: string} {
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const candidates = kubeconfig !== undefined ? [kubeconfig] : listed;
  const home = join(env["HOME"] ?? homedir(), ".kube", "config");
  const files = (candidates.length > 0 ? candidates : [home]).filter((file) => existsSync(file));
  if (files.length > 0) return {config: merged(files), from: files.join(delimiter)};
  if (candidates.length === 0 && env["KUBERNETES_SERVICE_HOST"] !== undefined && existsSync(mounted)) {
    return {config: Kubeconfig.inCluster(env), from: "the pod's service account"};
  }
  const asked = candidates.length > 0 ? candidates.join(delimiter) : home;
  throw new ClusterError("Other", `there is no kubeconfig: ${asked} does not exist. Name one with --kubeconfig FILE`);
}

function merged(files: readonly string[]): Kubeconfig {
  const all = files.map((file) => {
    try {
      return Kubeconfig.read(file);
    } catch (error) {
      throw new ClusterError("Other", `${file} cannot be read as a kubeconfig: ${firstLine(error)}`);
    }
  });
  return Kubeconfig.merged(all);
}

// A parser's message goes on with the lines around the error, and those may be secret.
function firstLine(error: unknown): string {
  const {reason, message} = error as {reason?: string; message?: string};
  return reason ?? message?.split("\n", 1)[0] ?? "it is no YAML";
}

function noContext(name: string, config: Kubeconfig, from: string): ClusterError {
  const names = config.contexts.map((context) => context.name);
  if (name === "") {
    const hint = names.length === 0 ? "it has none" : `write --context ${names.slice(0, 8).join(" or ")}`;
    return new ClusterError("Other", `${from} has no current context: ${hint}`);
  }
  const hint = didYouMean(name, names) ?? `It has ${names.length === 0 ? "none" : names.slice(0, 8).join(", ")}.`;
  return new ClusterError("Other", `there is no context "${name}" in ${from}. ${hint}`);
}

function originOf(server: string): string {
  return URL.canParse(server) ? new URL(server).origin : server;
}
