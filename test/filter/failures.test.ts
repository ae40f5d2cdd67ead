import {describe, expect, test} from "vitest";
import type {Outgoing} from "../reference/outbound.ts";
import {baggage, lane, laneIn, MESH, pass, receive, send, start, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";
import {Vm} from "./host.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";
import {edgeGroups, kinds, PATH} from "./kinds.ts";

const isOfOthers = ([name]: Header): boolean => !name.startsWith("x-swimlane") && name !== "baggage";

describe("no host call that fails traps the module", () => {
  const calls = [
    "proxy_get_header_map_value",
    "proxy_get_header_map_pairs",
    "proxy_replace_header_map_value",
    "proxy_remove_header_map_value",
    "proxy_add_header_map_value",
    "proxy_get_property",
    "proxy_get_shared_data",
    "proxy_set_shared_data",
    "proxy_get_current_time_nanoseconds",
    "proxy_get_buffer_bytes",
    "proxy_set_effective_context",
    "proxy_log",
    "random_get",
  ];

  test.each(calls)("%s", (call) => {
    for (const [name, {configuration, requests}] of Object.entries(kinds)) {
      for (const status of [1, 2, 6, 7, 8, 10, 12]) {
        // A failure to go back to its own context leaves a module no way on; Envoy knows none.
        for (const which of call === "proxy_set_effective_context" ? [0] : [0, 1, 2, 3]) {
          const vm = Vm.load(name);
          const good = vm.configure({version: 1, ...configuration});
          vm.reset();
          vm.faults.set(call, (nth) => (which === 0 || nth === which ? status : undefined));
          for (const headers of requests) {
            const left = pass(good, headers, {cluster: MESH, mtls: true});
            expect(left.filter(isOfOthers)).toEqual(headers.filter(isOfOthers));
          }
          vm.configure({version: 1, ...configuration}).remove();
          vm.configure({version: 7}).remove();
        }
      }
    }
  });
});

describe("where the host gives nothing", () => {
  test("a configuration that cannot be read is refused with one line", () => {
    for (const name of Object.keys(kinds)) {
      const vm = Vm.load(name);
      vm.faults.set("proxy_get_buffer_bytes", () => 10);
      expect(vm.configure(kinds[name]?.configuration).accepted).toBe(false);
      expect(vm.logs).toHaveLength(1);
    }
  });

  test("90 headers of 500 bytes are no trouble", () => {
    const many = Array.from({length: 90}, (_, i): Header => [`x-many-${i}`, `${i}`.repeat(500).slice(0, 500)]);
    expect(laneIn(send(start("outbound", {}), ...many, baggage("swimlane=ann")))).toBe("ann");
    const process = new Process();
    receive(start("inbound", {}, process), ...many, lane("ann"), traceparent());
    expect(laneIn(send(start("outbound", {}, process), ...many, traceparent()))).toBe("ann");
  });
});

const LARGE: Header = ["x-large", "x".repeat(300_000)];
const OUTSIDE = {cluster: {name: "PassthroughCluster"}};

/** What takes a request's headers from the module: there are too many bytes of them for its arena, or the host fails. */
const unseen: Record<string, (root: Root, headers: Header[], request: Partial<Outgoing>) => readonly Header[]> = {
  "a header of 300 KB": (root, headers, request) => pass(root, [LARGE, ...headers], request).slice(1),
  "a baggage of 300 KB": (root, headers, request) =>
    pass(root, [...headers, baggage(`large=${LARGE[1]}`)], request).filter(([, value]) => value.length < 1000),
  "a host that gives no headers": (root, headers, request) => {
    root.vm.faults.set("proxy_get_header_map_pairs", () => 10);
    return pass(root, headers, request);
  },
};

describe.each(Object.entries(unseen))("headers that cannot be read: %s", (_, through) => {
  const carriers: Header[][] = [
    [PATH, lane("ann")],
    [PATH, baggage("swimlane=ann")],
    [PATH, lane("ann"), baggage("a=1,swimlane=ann")],
  ];

  test.each(["outbound", "outbound-playground"])("%s: no context leaves the mesh; within it none is lost", (name) => {
    for (const headers of carriers) {
      for (const gateway of [false, true]) {
        expect(through(start(name, {gateway}), headers, OUTSIDE)).toEqual([PATH]);
        expect(through(start(name, {gateway}), headers, {})).toEqual([PATH]);
        expect(through(start(name, {gateway}), headers, {cluster: MESH})).toEqual(headers);
      }
    }
  });

  test("outbound: nor where lanes have been seen, or the pod has one", () => {
    for (const headers of carriers) {
      const process = new Process();
      receive(start("inbound", {}, process), lane("bob"), traceparent());
      expect(through(start("outbound", {}, process), [...headers, traceparent()], OUTSIDE)).toEqual([
        PATH,
        traceparent(),
      ]);
      expect(through(start("outbound", {lane: "bob"}), headers, OUTSIDE)).toEqual([PATH]);
      expect(through(start("outbound", {lane: "bob"}), headers, {cluster: MESH})).toEqual(headers);
    }
  });

  test("inbound: a peer that is not of the mesh brings no context, any other keeps it", () => {
    for (const headers of carriers) {
      expect(through(start("inbound", {}), headers, {mtls: false})).toEqual([PATH]);
      expect(through(start("inbound", {}), headers, {mtls: true})).toEqual(headers);
      expect(through(start("inbound", {plainText: true}), headers, {mtls: false})).toEqual(headers);
    }
  });

  test.each(["edge", "edge-response"])("%s: no context comes in", (name) => {
    const asked: Header[] = [
      ["x-swimlane-asked", "ann"],
      ["x-swimlane-asked-baggage", "swimlane=ann"],
    ];
    for (const headers of carriers) {
      const edge = start(name, {groups: edgeGroups("ann")});
      expect(through(edge, [...headers, ...asked], {source: "10.0.0.1:1"})).toEqual([PATH]);
    }
  });

  test("an entry service: a peer of the mesh keeps its context, from any other none comes in", () => {
    for (const headers of carriers) {
      const entry = (plainText: boolean): Root =>
        start("edge", {stripped: false, remember: {plainText}, groups: edgeGroups("ann")});
      expect(through(entry(false), headers, {mtls: false})).toEqual([PATH]);
      expect(through(entry(false), headers, {mtls: true})).toEqual(headers);
      expect(through(entry(true), headers, {mtls: false})).toEqual(headers);
    }
  });
});
