import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {covers, resolveHost} from "../../compile/hosts.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import type {JsonObject} from "../filter-config.ts";

/** The parts of Istio's VirtualService that matter here; other fields are carried along unread. */
export interface VirtualServiceSpec {
  readonly hosts?: readonly string[];
  readonly gateways?: readonly string[];
  readonly exportTo?: readonly string[];
  readonly http?: readonly HttpRoute[];
  readonly tcp?: readonly StreamRoute[];
  readonly tls?: readonly StreamRoute[];
}

/** A route of bytes that are not looked into. */
interface StreamRoute {
  readonly route?: readonly WrittenDestination[];
}

export interface HttpRoute {
  readonly name?: string;
  readonly match?: readonly HttpMatch[];
  readonly route?: readonly WrittenDestination[];
  readonly redirect?: JsonObject;
  readonly directResponse?: JsonObject;
  readonly retries?: JsonObject;
  readonly mirror?: Partial<RouteDestination["destination"]>;
  readonly mirrors?: readonly WrittenDestination[];
  readonly delegate?: {readonly name?: string; readonly namespace?: string};
}

export interface HttpMatch {
  readonly name?: string;
  readonly headers?: JsonObject;
  readonly gateways?: readonly string[];
  readonly port?: number;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
}

export interface RouteDestination {
  readonly destination: {readonly host: string; readonly subset?: string; readonly port?: {readonly number: number}};
  readonly weight?: number;
}

/** A file may leave out what the API server asks for. */
interface WrittenDestination extends Omit<RouteDestination, "destination"> {
  readonly destination?: Partial<RouteDestination["destination"]>;
}

export interface DestinationRuleSpec {
  readonly host?: string;
  readonly trafficPolicy?: JsonObject;
  readonly subsets?: readonly {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly trafficPolicy?: JsonObject;
  }[];
  readonly exportTo?: readonly string[];
  readonly workloadSelector?: JsonObject;
}

/** A VirtualService as its owner wrote it. */
export interface ForeignVirtualService {
  readonly object: KubernetesObject;
  /** `NAMESPACE/NAME`. */
  readonly key: string;
  readonly namespace: string;
  readonly spec: VirtualServiceSpec;
}

export function virtualServices(facts: ClusterFacts): ForeignVirtualService[] {
  return facts.virtualServices.map((object) => {
    const namespace = object.metadata.namespace ?? "default";
    const spec = (object.spec ?? {}) as VirtualServiceSpec;
    return {object, key: `${namespace}/${object.metadata.name}`, namespace, spec};
  });
}

/** Those that sidecars use for `host`, the oldest first: istiod takes no other. */
export function meshVirtualServices(all: readonly ForeignVirtualService[], host: string, domain: string) {
  return all
    .filter(({spec}) => isForMesh(spec))
    .filter(({spec, namespace}) => hasHost(spec, namespace, host, domain))
    .toSorted((a, b) => age(a).localeCompare(age(b)) || a.key.localeCompare(b.key));
}

export function isForMesh({gateways = []}: VirtualServiceSpec): boolean {
  return gateways.length === 0 || gateways.includes("mesh");
}

function hasHost({hosts = []}: VirtualServiceSpec, namespace: string, host: string, domain: string): boolean {
  return hosts.some((pattern) => covers(resolveHost(pattern, namespace, domain), host));
}

function age({object}: ForeignVirtualService): string {
  return object.metadata.creationTimestamp ?? "9999";
}

/** Each `host` and `subset` that routes, or mirrors of theirs, go to. */
export function subsetsIn(spec: VirtualServiceSpec): {readonly host: string; readonly subset: string}[] {
  const {http = [], tcp = [], tls = []} = spec;
  const routed = [...http, ...tcp, ...tls].flatMap(({route = []}) => route);
  const mirrored = http.flatMap(({mirror = {}, mirrors = []}) => [{destination: mirror}, ...mirrors]);
  const destinations = [...routed, ...mirrored].map(({destination = {}}) => destination);
  return destinations.flatMap(({host, subset}) => (host === undefined || subset === undefined ? [] : [{host, subset}]));
}

/** Where a route goes, as far as these destinations are of `host`. */
export function destinationsOf(route: HttpRoute, namespace: string, host: string, domain: string): RouteDestination[] {
  const known = (route.route ?? []).filter(hasHostToResolve);
  return known.filter(({destination}) => resolveHost(destination.host, namespace, domain) === host);
}

function hasHostToResolve(written: WrittenDestination): written is RouteDestination {
  return written.destination?.host !== undefined;
}

/** Those bound to a gateway, `NAMESPACE/NAME`. */
export function gatewayVirtualServices(all: readonly ForeignVirtualService[], gateway: string) {
  return all.filter(({spec, namespace}) =>
    (spec.gateways ?? []).some((name) => gatewayKey(name, namespace) === gateway),
  );
}

/** `NAME`, `NAMESPACE/NAME`, `./NAME` or `NAME.NAMESPACE.svc...`: resolveGatewayName in Istio's pilot/pkg/model. */
function gatewayKey(written: string, namespace: string): string {
  if (written.startsWith("./")) return `${namespace}${written.slice(1)}`;
  if (written.includes("/")) return written;
  const [name, home = namespace] = written.split(".");
  return `${home}/${name}`;
}
