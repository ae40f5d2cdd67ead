import {managedBy} from "../../model/kubernetes.ts";
import type {JsonObject} from "../filter-config.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {FOR, type IstioObject, type Notice, PART, type Part} from "./options.ts";

const VERSIONS = {
  DestinationRule: "networking.istio.io/v1",
  EnvoyFilter: "networking.istio.io/v1alpha3",
  HTTPRoute: "gateway.networking.k8s.io/v1",
  TrafficExtension: "extensions.istio.io/v1alpha1",
  VirtualService: "networking.istio.io/v1",
  WasmPlugin: "extensions.istio.io/v1alpha1",
} as const;

/** Larger than that no object is written; the API server's own limit is 1.5 MiB a request, etcd's a little more. */
const MAX_BYTES = 512 * 1024;

interface Header {
  readonly part: Part;
  readonly namespace: string;
  readonly name: string;
}

/** `istioctl analyze` says of every EnvoyFilter that it is one: that is known, and would hide what it has to say besides. */
const KNOWN = {"galley.istio.io/analyze-suppress": "IST0133"};

/** An object of ours. */
export function ownObject(kind: keyof typeof VERSIONS, {part, namespace, name}: Header, spec: JsonObject): IstioObject {
  return {
    apiVersion: VERSIONS[kind],
    kind,
    metadata: {
      name,
      namespace,
      labels: {...managedBy, [PART]: part},
      ...(kind === "EnvoyFilter" ? {annotations: KNOWN} : {}),
    },
    spec,
  };
}

/** The same object, marked with what it is for. @param what names as `Rendering.kept` has them */
export function madeFor(what: readonly string[], object: IstioObject): IstioObject {
  const all = [...new Set([...purposes(object), ...what])].sort();
  const {metadata} = object;
  return {...object, metadata: {...metadata, annotations: {...metadata.annotations, [FOR]: all.join(",")}}};
}

/** What an object is for; empty where nothing tells. */
export function purposes({metadata}: KubernetesObject): string[] {
  const written = metadata.annotations?.[FOR];
  return written === undefined ? [] : written.split(",");
}

/** `KIND NAMESPACE/NAME`, the name of one object. */
export function identity({kind, metadata}: KubernetesObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}

/** All of one service whose routes could not be decided; routes that stay need their destinations. */
export function undecided(service: string): string[] {
  return [`destinations ${service}`, `entry ${service}`, `routes ${service}`];
}

/** What keeps an object from being written for its size, if anything does. */
export function tooLarge(object: IstioObject): Notice | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(object));
  if (bytes <= MAX_BYTES) return undefined;
  const {kind, metadata} = object;
  return {
    severity: "error",
    subject: `${kind} ${metadata.namespace}/${metadata.name}`,
    reason: "TooLarge",
    message: `would have ${Math.ceil(bytes / 1024)} KiB, more than ${MAX_BYTES / 1024}; it is not written, and what is there stays`,
    hint:
      metadata.labels[PART] === "edge"
        ? "Remove lanes that are no longer used, or match rules; or let groups enter by gateways of their own."
        : "Remove lanes that are no longer used from this service.",
  };
}
