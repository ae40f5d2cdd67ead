import {mkdir, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {type AnyObject, type Api, unless} from "../kubernetes/api.ts";
import {until} from "../until.ts";
import {fieldOf, type PodPlace} from "./environment.ts";
import type {DownwardItem, Pod, ProjectedSource, Volume} from "./pod-types.ts";

/** File contents by their path inside a volume. */
type Content = Record<string, string | Buffer>;

/** How long a volume waits for the object that it shows: a new namespace gets its own a moment later. */
const PATIENCE_MS = 60_000;

/**
 * Writes the files of a volume into a folder. Kinds that the harness does not know are empty folders.
 * @returns the files' paths
 */
export async function writeVolume(
  api: Api,
  pod: Pod,
  place: PodPlace,
  volume: Volume,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const content = await contentOf({api, pod, place, signal}, volume);
  await mkdir(folder, {recursive: true});
  for (const [path, data] of Object.entries(content)) {
    const file = join(folder, path);
    await mkdir(dirname(file), {recursive: true});
    await writeFile(file, data, {mode: 0o600});
  }
  return Object.keys(content).map((path) => join(folder, path));
}

interface Source {
  api: Api;
  pod: Pod;
  place: PodPlace;
  signal: AbortSignal;
}

async function contentOf(source: Source, {configMap, secret, downwardAPI, projected}: Volume): Promise<Content> {
  if (configMap !== undefined) return configMapOf(source, configMap.name, configMap.optional);
  if (secret !== undefined) return secretOf(source, secret.secretName, secret.optional);
  if (downwardAPI !== undefined) return downward(source, downwardAPI.items);
  const parts = await Promise.all((projected?.sources ?? []).map((each) => projectedOf(source, each)));
  return Object.assign({}, ...parts) as Content;
}

async function projectedOf(
  source: Source,
  {serviceAccountToken, configMap, downwardAPI}: ProjectedSource,
): Promise<Content> {
  if (serviceAccountToken !== undefined) {
    const {path, audience, expirationSeconds} = serviceAccountToken;
    return {[path]: await tokenOf(source, audience, expirationSeconds)};
  }
  if (downwardAPI !== undefined) return downward(source, downwardAPI.items);
  if (configMap === undefined) return {};
  const data = await configMapOf(source, configMap.name, false);
  const {items} = configMap;
  return items === undefined ? data : Object.fromEntries(items.map(({key, path}) => [path, data[key] ?? ""]));
}

/** A token of the pod's service account, bound to the pod. */
async function tokenOf({api, pod, signal}: Source, audience?: string, seconds = 3600): Promise<string> {
  const {namespace, name, uid} = pod.metadata;
  const account = pod.spec.serviceAccountName ?? "default";
  const spec = {
    audiences: audience === undefined ? [] : [audience],
    expirationSeconds: Math.max(seconds, 600),
    boundObjectRef: {apiVersion: "v1", kind: "Pod", name, uid},
  };
  const value = {apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec};
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const ask = async (): Promise<string> => {
    const {status} = await api.send<{status: {token: string}}>("POST", path, {value});
    return status.token;
  };
  return until(ask, {what: `a token of ${namespace}/${account}`, ms: PATIENCE_MS, everyMs: 100, signal});
}

async function configMapOf(source: Source, name: string, optional = false): Promise<Content> {
  const object = await held(source, "ConfigMap", name, optional);
  return (object?.["data"] as Content | undefined) ?? {};
}

async function secretOf(source: Source, name: string, optional = false): Promise<Content> {
  const object = await held(source, "Secret", name, optional);
  const data = (object?.["data"] as Record<string, string> | undefined) ?? {};
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64")]));
}

function held(
  {api, pod, signal}: Source,
  kind: string,
  name: string,
  optional: boolean,
): Promise<AnyObject | undefined> {
  const {namespace} = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/${kind === "Secret" ? "secrets" : "configmaps"}/${name}`;
  const ask = (): Promise<AnyObject | undefined> => api.send("GET", path).catch(unless(404));
  return optional ? ask() : until(ask, {what: `${kind} ${namespace}/${name}`, ms: PATIENCE_MS, everyMs: 100, signal});
}

function downward({pod, place}: Source, items: readonly DownwardItem[]): Content {
  return Object.fromEntries(
    items.map(({path, fieldRef}) => [path, fieldOf(pod, place, fieldRef?.fieldPath ?? "metadata.name")]),
  );
}
