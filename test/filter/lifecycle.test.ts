import {describe, expect, test} from "vitest";
import {baggage, lane, laneIn, MESH, pass, properties, receive, send, start, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";
import {Vm} from "./host.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";

const PATH: Header = [":path", "/"];
const mesh = properties({cluster: MESH, mtls: true});
const edgeGroups = (name: string, more: object[] = []): object[] => [
  {
    name: "shop/shop",
    ask: [{header: "x-swimlane", grant: {from: ["10.0.0.0/8"]}}],
    rules: [{lane: name, when: {header: {name: "x-user", exact: "ann"}}}],
    sticky: [{cookie: "uid"}],
    buckets: [{lane: "next", runs: [[0, 5000]]}],
  },
  ...more,
];

/** Bytes of memory, and where the allocator would put the next byte. */
function footprint(vm: Vm): [memory: number, next: number] {
  return [vm.guest.size(), vm.guest.allocate(1)];
}

/** Requests of every kind that a module meets, one after the other. */
const kinds: Record<string, {configuration: object; requests: Header[][]}> = {
  outbound: {
    configuration: {slots: 64},
    requests: [
      [PATH],
      [PATH, lane("ann")],
      [baggage("a=1,swimlane=bob")],
      [lane("ann"), baggage("swimlane=bob")],
      [PATH, traceparent()],
    ],
  },
  inbound: {
    configuration: {slots: 64},
    requests: [
      [PATH],
      [PATH, lane("ann"), traceparent()],
      [baggage("swimlane=bob"), traceparent("1".repeat(32))],
      [PATH, traceparent()],
    ],
  },
  edge: {
    configuration: {groups: edgeGroups("ann")},
    requests: [
      [PATH],
      [PATH, ["cookie", "uid=7"]],
      [["x-user", "ann"]],
      [
        ["x-swimlane-asked", "bob"],
        ["x-swimlane-asked-baggage", "a=1"],
      ],
    ],
  },
  "edge-response": {
    configuration: {
      groups: [
        {name: "a/b", ask: [], rules: [], sticky: [{issue: "uid"}], buckets: [{lane: "next", runs: [[0, 5000]]}]},
      ],
    },
    requests: [[PATH], [PATH, ["cookie", "uid=7"]]],
  },
};

describe("memory and arena are the same", () => {
  test.each([
    ["outbound", 400_000],
    ["inbound", 300_000],
    ["edge", 200_000],
    ["edge-response", 100_000],
  ])("%s, after %i requests", (name, count) => {
    const {configuration, requests} = kinds[name] ?? {configuration: {}, requests: []};
    const root = start(name, configuration);
    const one = (i: number): void => {
      const stream = root.request(requests[i % requests.length] ?? [], mesh);
      if (i % 3 !== 0) stream.respond();
      stream.end();
    };
    for (let i = 0; i < 1000; i++) one(i);
    one(0);
    const before = footprint(root.vm);
    for (let i = 1; i <= count; i++) one(i);
    one(0);
    expect(footprint(root.vm)).toEqual(before);
    expect(root.vm.logs).toEqual([]);
  });

  test.each(Object.keys(kinds))("%s, after 10,000 reloads", (name) => {
    const {configuration, requests} = kinds[name] ?? {configuration: {}, requests: []};
    const vm = Vm.load(name);
    let old: Root | undefined;
    const reload = (i: number): void => {
      // Every seventh is refused; sizes go up and down; a stream of the old one is still there.
      const bad = i % 7 === 3 ? {nonsense: i} : {};
      const traceIds = i % 2 === 0 ? ["b3"] : ["b3", "sw8", "traceparent"];
      const root = vm.configure({version: 1, traceIds, ...configuration, ...bad});
      const stream = old?.request(requests[0] ?? [], mesh);
      old?.remove();
      stream?.end();
      expect(root.accepted).toBe(i % 7 !== 3);
      old = root;
    };
    const settle = (): void => [98, 99].forEach(reload);
    for (let i = 0; i < 100; i++) reload(i);
    settle();
    const before = footprint(vm);
    for (let i = 0; i < 10_000; i++) reload(i);
    settle();
    expect(footprint(vm)).toEqual(before);
  });

  test("with many configurations alive at once, the memory is used again afterwards", () => {
    const vm = Vm.load("edge");
    const round = (): void => {
      const roots = Array.from({length: 40}, (_, i) => vm.configure({version: 1, groups: edgeGroups(`lane-${i}`)}));
      const streams = roots.map((root) => root.stream([["x-user", "ann"]]));
      for (const root of roots) root.remove();
      streams.forEach((stream, i) => {
        expect(stream.request().requestHeaders.get("x-swimlane")).toBe(`lane-${i}`);
        stream.end();
      });
    };
    round();
    const memory = vm.guest.size();
    for (let i = 0; i < 50; i++) round();
    expect(vm.guest.size()).toBe(memory);
  });
});

describe("several plugins of one image in one VM", () => {
  test("keep apart", () => {
    const vm = Vm.load("outbound");
    const roots = ["ann", "bob", undefined].map((name) => vm.configure({version: 1, ...(name ? {lane: name} : {})}));
    for (let i = 0; i < 3; i++) {
      expect(roots.map((root) => laneIn(send(root, PATH)))).toEqual(["ann", "bob", undefined]);
    }
  });

  test("a refused one does not touch the others", () => {
    const vm = Vm.load("outbound");
    const good = vm.configure({version: 1, lane: "ann"});
    expect(vm.configure({version: 2}).accepted).toBe(false);
    expect(laneIn(send(good, PATH))).toBe("ann");
  });

  test("interleaved streams answer with their own", () => {
    const vm = Vm.load("outbound-playground");
    const roots = ["ann", "bob"].map((name) => vm.configure({version: 1, lane: name}));
    const streams = [0, 1, 1, 0, 1].map((which) => roots[which]?.request([PATH], mesh));
    const hops = streams.map((stream) => stream?.respond().get("x-swimlane-hop"));
    expect(hops).toEqual(["ann;pod", "bob;pod", "bob;pod", "ann;pod", "bob;pod"]);
  });
});

describe("a new configuration", () => {
  test("streams of the old one finish with the old one", () => {
    const vm = Vm.load("outbound");
    const old = vm.configure({version: 1, lane: "ann"});
    const waiting = old.stream([PATH], mesh);
    const next = vm.configure({version: 1, lane: "bob"});
    old.remove();
    expect(laneIn(send(next, PATH))).toBe("bob");
    expect(waiting.request().requestHeaders.get("x-swimlane")).toBe("ann");
    waiting.end();
    vm.configure({version: 1, lane: "cleo"});
    expect(laneIn(send(next, PATH))).toBe("bob");
  });

  test("a cookie issued by the old one is still set", () => {
    const vm = Vm.load("edge-response");
    const groups = (name: string): object[] => [
      {name: "a/b", ask: [], rules: [], sticky: [{issue: name}], buckets: []},
    ];
    const old = vm.configure({version: 1, groups: groups("one")});
    const stream = old.request([PATH]);
    for (let i = 0; i < 10; i++) vm.configure({version: 1, groups: groups(`other-${i}`)});
    old.remove();
    vm.configure({version: 1, groups: groups("two")});
    expect(stream.respond().get("set-cookie")).toMatch(/^one=/);
    stream.end();
  });
});

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
            const stream = good.request(headers, mesh);
            stream.respond();
            stream.end();
          }
          vm.configure({version: 1, ...configuration}).remove();
          vm.configure({version: 7}).remove();
        }
      }
    }
  });

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
