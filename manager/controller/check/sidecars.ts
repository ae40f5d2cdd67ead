import type {Labels} from "../../compile/plan.ts";
import {selects} from "../../model/index.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {filterNamespaces} from "../../render/istio/namespaces.ts";
import type {Inspection, ProxyFact} from "./inspection.ts";
import {proxyContainer} from "./proxies.ts";
import {count, failed, ok, type Result, some, warning} from "./result.ts";

/** Pods of the namespaces that requests pass have a sidecar, and the sidecar has the filter. */
export function checkSidecars(inspection: Inspection): Result[] {
  const {state, desired, proxies} = inspection;
  if (state === undefined || desired === undefined) return [];
  const namespaces = new Set(filterNamespaces(desired.plan, desired.mesh));
  const bare = state.objects.filter((pod) => isBarePod(pod, namespaces));
  const asked = proxies.filter(({problem}) => problem === undefined);
  const without = asked.flatMap((proxy) => lacking(proxy, state.live));
  const results = [
    ...unasked(proxies),
    ...leftOut(inspection.unasked),
    ...withoutSidecar(
      bare.filter((pod) => !refusesSidecar(pod)),
      "Label the namespace istio-injection=enabled and restart them.",
    ),
    ...withoutSidecar(
      bare.filter(refusesSidecar),
      `Take ${INJECT}: "false" off their templates and restart them; no label of the namespace overrides it.`,
    ),
    ...withoutFilter(without),
  ];
  if (results.length > 0) return results;
  const {alike} = inspection.unasked;
  const rest = alike === 0 ? "" : `; ${alike} more are of the same workloads and were not asked`;
  const message =
    asked.length === 0
      ? "no proxy runs yet"
      : `${count(asked.length, "proxy").replace("proxys", "proxies")} asked, each has its filters${rest}`;
  return [ok("sidecars", message)];
}

function isBarePod(object: KubernetesObject, namespaces: ReadonlySet<string>): boolean {
  const {phase} = (object.status ?? {}) as {phase?: string};
  const there = object.kind === "Pod" && namespaces.has(object.metadata.namespace ?? "default");
  return there && phase === "Running" && proxyContainer(object as Parameters<typeof proxyContainer>[0]) === undefined;
}

const INJECT = "sidecar.istio.io/inject";

/** To Istio the label counts before the annotation, and both before the namespace. */
function refusesSidecar({metadata: {labels = {}, annotations = {}}}: KubernetesObject): boolean {
  return (labels[INJECT] ?? annotations[INJECT]) === "false";
}

function withoutSidecar(pods: readonly KubernetesObject[], hint: string): Result[] {
  if (pods.length === 0) return [];
  const names = pods.map(({metadata}) => `${metadata.namespace}/${metadata.name}`);
  const message = `${count(pods.length, "pod")} without a sidecar, where a lane is lost: ${some(names)}`;
  return [warning("sidecars", message, hint, names)];
}

function unasked(proxies: readonly ProxyFact[]): Result[] {
  const silent = proxies.filter(({problem}) => problem !== undefined);
  const [first] = silent;
  if (first?.problem === undefined) return [];
  const message = `${silent.length} of ${proxies.length} proxies could not be asked: ${first.problem}`;
  return [
    warning("sidecars", message, "Their filter and version are not known; the right is create pods/portforward."),
  ];
}

function leftOut({tooMany, alike}: Inspection["unasked"]): Result[] {
  if (tooMany === 0) return [];
  const others = alike === 0 ? "" : `, and ${alike} that are of the same workloads as others`;
  const message = `${tooMany} proxies of other workloads were not asked, as there are so many${others}`;
  return [warning("sidecars", message, "Their filter and version are not known: istioctl proxy-status, kubectl logs.")];
}

interface Lacking {
  readonly pod: string;
  readonly plugin: string;
}

function withoutFilter(lacking: readonly Lacking[]): Result[] {
  if (lacking.length === 0) return [];
  const names = lacking.map(({pod, plugin}) => `${pod} (${plugin})`);
  const hint =
    "A proxy has it a second after it starts or the plugin is written; else ask istiod: istioctl proxy-status.";
  return [failed("sidecars", `proxies without the filter: ${some(names)}`, hint, names)];
}

interface PluginSpec {
  readonly selector?: {readonly matchLabels?: Labels};
  readonly targetRefs?: readonly {readonly name: string}[];
  readonly match?: readonly {readonly mode?: string}[];
}

const GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";

/** The plugins for this pod that its proxy has not. A proxy without an HTTP port has none of them, and needs none. */
function lacking({pod, namespace, labels, kind, plugins}: ProxyFact, live: readonly KubernetesObject[]): Lacking[] {
  const mine = live.filter((object) => {
    if (object.kind !== "WasmPlugin" && object.kind !== "TrafficExtension") return false;
    const {selector, targetRefs, match = []} = (object.spec ?? {}) as PluginSpec;
    const here = object.metadata.namespace === namespace;
    const forGateway = targetRefs === undefined || targetRefs.some(({name}) => labels[GATEWAY_NAME] === name);
    const forMode = kind === "sidecar" || match.some(({mode}) => mode === "CLIENT");
    return here && forGateway && forMode && selects(selector?.matchLabels ?? {}, labels);
  });
  const has = new Set(plugins.map(({name}) => name));
  const missing = mine.map(({metadata}) => `${metadata.namespace}/${metadata.name}`).filter((name) => !has.has(name));
  return missing.map((plugin) => ({pod, plugin}));
}
