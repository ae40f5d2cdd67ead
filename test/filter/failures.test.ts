import {describe, expect, test} from "vitest";
import {baggage, lane, laneIn, MESH, pass, receive, send, start, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";
import {Vm} from "./host.ts";
import {Process} from "./process.ts";
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

  test("headers too large for the arena: an edge lets no context in, the others let the request through", () => {
    const large: Header[] = [PATH, ["x-large", "x".repeat(2_000_000)]];
    const out = send(start("outbound", {}), ...large, lane("ann"));
    expect(out.slice(0, 2)).toEqual(large);
    expect(receive(start("inbound", {}), ...large, lane("ann"))).toEqual([...large, lane("ann")]);
    const edge = start("edge", {groups: edgeGroups("ann")});
    const asked: Header[] = [
      ["x-swimlane-asked", "bob"],
      ["x-swimlane-asked-baggage", "swimlane=bob"],
    ];
    const headers = pass(edge, [...large, lane("bob"), baggage("swimlane=bob"), ...asked], {source: "10.0.0.1:1"});
    expect(headers.filter(([name, value]) => name.includes("swimlane") || value.includes("swimlane"))).toEqual([]);
  });

  test("90 headers of 500 bytes are no trouble", () => {
    const many = Array.from({length: 90}, (_, i): Header => [`x-many-${i}`, `${i}`.repeat(500).slice(0, 500)]);
    expect(laneIn(send(start("outbound", {}), ...many, baggage("swimlane=ann")))).toBe("ann");
    const process = new Process();
    receive(start("inbound", {}, process), ...many, lane("ann"), traceparent());
    expect(laneIn(send(start("outbound", {}, process), ...many, traceparent()))).toBe("ann");
  });
});
