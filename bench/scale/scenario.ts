import {apiVersion} from "../../manager/model/fields.ts";
import type {KubernetesObject} from "../../manager/model/kubernetes.ts";

/** How many lanes the services have on which CPU is measured: `hot-1`, `hot-10` and so on. */
export const LANE_COUNTS = [1, 10, 100, 500] as const;
export const SERVICES = 200;
export const LANES = 500;

export const NAMESPACE = "scale";
/** In which all services, and all lanes' workloads, of one shop live. */
const GROUP = "shop";
export type Way = "native" | "routes";
export const WAYS: readonly Way[] = ["native", "routes"];

/** The lane whose route is the last one on each of the services that are measured. */
export const LAST_LANE = laneName(LANES);
/** Pods behind the services that are measured, and behind all lanes' workloads: a lane that is not ready gets no route. */
export const BASELINE_POD = "hot";
export const LANE_POD = "lanes";
export const CALLER_POD = "caller";

export function hotService(lanes: number): string {
  return `hot-${lanes}`;
}

function laneName(index: number): string {
  return `lane-${String(index).padStart(3, "0")}`;
}

const all = (count: number): number[] => Array.from({length: count}, (_, index) => index + 1);
const others = all(SERVICES - LANE_COUNTS.length).map((index) => `service-${String(index).padStart(3, "0")}`);

/** The services that lanes may override; those that are measured have pods, the others none. */
export function services(): KubernetesObject[] {
  return [
    ...LANE_COUNTS.map((lanes) => service(hotService(lanes), BASELINE_POD)),
    ...others.map((name) => service(name, name)),
  ];
}

/** Two Services a lane: one for the services that are measured, one for the other that the lane overrides. */
export function laneServices(): KubernetesObject[] {
  return all(LANES).flatMap((index) => [
    service(`hot--${laneName(index)}`, LANE_POD),
    service(otherWorkload(index), LANE_POD),
  ]);
}

function otherOf(index: number): string {
  return others[index % others.length]!;
}

function otherWorkload(index: number): string {
  return `${otherOf(index)}--${laneName(index)}`;
}

/** The group and its lanes. The last N lanes override service `hot-N`, and each lane one of the other services. */
export function lanes(routing: Way): KubernetesObject[] {
  const group = {
    services: [...LANE_COUNTS.map(hotService), ...others],
    routing,
    entry: {
      gateways: ["istio-ingress/public"],
      lane: [{host: "{lane}.shop.example.com", from: ["10.0.0.0/8"]}],
    },
  };
  return [object("SwimLaneGroup", GROUP, group), ...all(LANES).map(lane)];
}

function lane(index: number): KubernetesObject {
  const hot = LANE_COUNTS.filter((count) => index > LANES - count);
  const overridden = [
    ...hot.map((count) => ({name: hotService(count), to: `hot--${laneName(index)}`})),
    {name: otherOf(index), to: otherWorkload(index)},
  ];
  return object("SwimLane", laneName(index), {group: GROUP, services: overridden});
}

/** A lane more on a service that is measured, with the Service of its workload, behind which is the lanes' pod. */
export function extraLane(name: string, hot: number): {lane: KubernetesObject; service: KubernetesObject} {
  const own = `hot--${name}`;
  const overridden = [{name: hotService(hot), to: own}];
  return {lane: object("SwimLane", name, {group: GROUP, services: overridden}), service: service(own, LANE_POD)};
}

/** A group of one service only, for lanes on a mesh that has no others. */
export function smallGroup(routing: Way): KubernetesObject {
  return object("SwimLaneGroup", GROUP, {services: [hotService(1)], routing});
}

function object(kind: string, name: string, spec: object): KubernetesObject {
  return {apiVersion, kind, metadata: {name, namespace: NAMESPACE}, spec} as KubernetesObject;
}

function service(name: string, app: string): KubernetesObject {
  const spec = {selector: {app}, ports: [{name: "http", port: 80, targetPort: 8080}]};
  return {apiVersion: "v1", kind: "Service", metadata: {name, namespace: NAMESPACE}, spec} as KubernetesObject;
}

/** The gateway by which requests enter, as the facts of a cluster have it. */
export const gateway: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "Gateway",
  metadata: {name: "public", namespace: "istio-ingress"},
  spec: {
    selector: {istio: "public"},
    servers: [{port: {number: 80, name: "http", protocol: "HTTP"}, hosts: ["*"]}],
  },
} as KubernetesObject;

/** One text for `kubectl` and `meshlane`. */
export function textOf(objects: readonly KubernetesObject[]): string {
  return objects.map((each) => JSON.stringify(each)).join("\n---\n");
}
