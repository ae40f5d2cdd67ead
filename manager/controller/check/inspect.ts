import type {Api} from "../../cluster/api.ts";
import {ClusterError} from "../../cluster/failure.ts";
import {Istiods} from "../../cluster/istiod.ts";
import {getFromPod} from "../../cluster/port-forward.ts";
import type {RegistryOptions} from "../../image/session.ts";
import {readState} from "../cluster-state.ts";
import {desired} from "../desired.ts";
import {ownVersion} from "../own-version.ts";
import {readSettings} from "../settings.ts";
import {findImages} from "./images.ts";
import type {Inspection} from "./inspection.ts";
import {askProxies} from "./proxies.ts";
import {missingRights} from "./rights.ts";
import {unknownVersion} from "./versions.ts";

export interface InspectOptions {
  /** Where istiod runs. */
  readonly istioNamespace: string;
  readonly registry: RegistryOptions;
}

/**
 * Looks at a cluster and changes nothing. What cannot be read is said in `unread`.
 * @throws ClusterError where the API server cannot be reached or knows nobody of these credentials
 */
export async function inspect(api: Api, {istioNamespace, registry}: InspectOptions): Promise<Inspection> {
  await api.resources();
  const unread: string[] = [];
  const see = async <Value>(read: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      unread.push(error.message);
      return undefined;
    }
  };
  const [kubernetes, istio, definitions, missing, settings, state, connected] = await Promise.all([
    see(() => kubernetesVersion(api)),
    see(() => istioVersions(api, istioNamespace)),
    see(() => api.list({apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition"})),
    see(() => missingRights(api, istioNamespace)),
    see(async () => (await readSettings(api)) ?? null),
    see(() => readState(api)),
    see(() => connectedProxies(api, istioNamespace)),
  ]);
  const pods = state?.objects.filter(({kind}) => kind === "Pod") ?? [];
  const [{proxies, unasked}, images] = await Promise.all([
    askProxies(api, pods),
    settings === undefined || settings === null
      ? []
      : findImages(settings, {...registry, plainHttp: registry.plainHttp || settings.plainHttp}),
  ]);
  return {
    program: ownVersion(),
    versions: {istio: istio ?? [], ...(kubernetes === undefined ? {} : {kubernetes})},
    definitions: definitions?.filter(({metadata}) => metadata.name.endsWith(".meshlane.dev")),
    missingRights: missing,
    settings,
    images,
    ...(state === undefined ? {} : {state}),
    ...(state === undefined || settings === undefined || settings === null
      ? {}
      : {desired: desired(state, settings, [])}),
    proxies,
    unasked,
    connected: connected ?? {reason: "istiod could not be asked"},
    unread: [...new Set(unread)],
  };
}

async function kubernetesVersion(api: Api): Promise<string> {
  const asked = {verb: "get", resource: "/version"};
  const answer = await api.transport.send({asked, method: "GET", path: "/version"});
  const {gitVersion = "", major = "", minor = ""} = answer as {gitVersion?: string; major?: string; minor?: string};
  return /^v[1-9]/.test(gitVersion) ? gitVersion.slice(1) : `${major}.${minor}`;
}

/** Its own port for what watches it; nobody needs a token there. */
const monitoringPort = 15014;

async function istioVersions(api: Api, namespace: string): Promise<string[]> {
  const pods = await api.list({apiVersion: "v1", kind: "Pod"}, {namespace, labels: "app=istiod"});
  const running = pods.filter(({status}) => (status as {phase?: string} | undefined)?.phase === "Running");
  return Promise.all(
    running.map(async ({metadata: {name}}) =>
      versionIn(await getFromPod(api, {namespace, pod: name, port: monitoringPort}, "/version")),
    ),
  );
}

/** `1.30.0-COMMIT-Clean`: Istio's own BuildInfo.String(). */
function versionIn(text: string): string {
  return /^\d[\w.]*/.exec(text.trim())?.[0] ?? unknownVersion;
}

async function connectedProxies(api: Api, namespace: string): Promise<Inspection["connected"]> {
  const istiods = await Istiods.find(api, namespace);
  return istiods instanceof Istiods ? istiods.proxies() : istiods;
}
