import {expect} from "vitest";
import {laneOf, members, isOurs, othersOf} from "../reference/baggage.ts";
import type {Cluster, Outgoing} from "../reference/outbound.ts";
import type {Labels} from "../reference/pod.ts";
import type {Header} from "./headers.ts";
import {Vm} from "./host.ts";
import type {Process} from "./process.ts";
import type {Root} from "./root.ts";
import type {Properties, Stream} from "./stream.ts";

export const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
export const OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c";

export const traceparent = (id = TRACE): Header => ["traceparent", `00-${id}-00f067aa0ba902b7-01`];
export const lane = (name: string): Header => ["x-swimlane", name];
export const baggage = (line: string): Header => ["baggage", line];

/** A service of the mesh as Istio names its cluster. */
export const MESH: Cluster = {name: "outbound|80||cart.shop.svc.cluster.local"};

const byte = (value: boolean): string => (value ? "\x01" : "\0");

/** Envoy's properties of a request; the clock is the process's. */
export function properties(request: Partial<Outgoing>): Properties {
  const found: Properties = {"connection\0mtls": byte(request.mtls ?? false)};
  if (request.source !== undefined) found["source\0address"] = request.source;
  const {cluster} = request;
  if (!cluster) return found;
  const external = typeof cluster.external === "boolean" ? byte(cluster.external) : cluster.external;
  for (const space of ["", "xds\0"]) {
    found[`${space}cluster_name`] = cluster.name;
    if (external !== undefined) found[`${space}cluster_metadata\0filter_metadata\0istio\0external`] = external;
  }
  return found;
}

/** A proxy's own node as Istio's agent writes it: its name, and the labels of its pod. */
export function node(labels: Labels, id = "sidecar~10.0.0.1~cart-1.shop~shop.svc.cluster.local"): Properties {
  const entries = Object.entries(labels).map(([name, value]) => [`xds\0node\0metadata\0LABELS\0${name}`, value]);
  return {"xds\0node\0id": id, ...Object.fromEntries(entries)};
}

/** Where the proxy stands: Envoy has its node under `xds`. */
export function locality(region: string | undefined, zone: string | undefined): Properties {
  return {"xds\0node\0locality\0region": region, "xds\0node\0locality\0zone": zone};
}

/** Configures a module in a VM of its own; fails the test where it is refused. */
export function start(name: string, configuration: object, process?: Process, node: Properties = {}): Root {
  const vm = Vm.load(name, process);
  const root = vm.configure({version: 1, ...configuration}, node);
  expect(vm.logs).toEqual([]);
  expect(root.accepted).toBe(true);
  vm.reset();
  return root;
}

/** One whole request with its response; what is left of the request's headers. */
export function pass(root: Root, headers: readonly Header[], request: Partial<Outgoing> = {}): readonly Header[] {
  const stream = root.request(headers, properties(request));
  stream.respond();
  stream.end();
  return stream.requestHeaders.list();
}

/** A request of a peer of the mesh arrives. */
export function receive(root: Root, ...headers: Header[]): readonly Header[] {
  return pass(root, headers, {mtls: true});
}

/** The application calls a service of the mesh. */
export function send(root: Root, ...headers: Header[]): readonly Header[] {
  return pass(root, headers, {cluster: MESH});
}

/** The context header, all of it, and the lanes of the baggage members. */
export function contextOf(headers: readonly Header[]): {header: string[]; baggage: string[]} {
  const of = (name: string): string[] => headers.filter((one) => one[0] === name).map((one) => one[1]);
  return {
    header: of("x-swimlane"),
    baggage: members(of("baggage"))
      .filter(isOurs)
      .map((one) => laneOf(one) ?? ""),
  };
}

/** The value of the context header where it is there once. */
export function laneIn(headers: readonly Header[]): string | undefined {
  const {header} = contextOf(headers);
  expect(header.length).toBeLessThan(2);
  return header[0];
}

/** Headers for comparison: baggage as its members, the rest by name. */
export function comparable(headers: readonly Header[]): object {
  const lines = headers.filter((one) => one[0] === "baggage").map((one) => one[1]);
  const rest = headers.filter((one) => one[0] !== "baggage").map((one) => [...one]);
  rest.sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : (a[0] ?? "") > (b[0] ?? "") ? 1 : 0));
  return {rest, others: othersOf(lines), lanes: contextOf(headers).baggage};
}

export function hop(stream: Stream): string[] {
  return stream.respond().all("x-swimlane-hop");
}
