import {describe, expect, test} from "vitest";
import {laneIn, MESH, properties, send} from "./drive.ts";
import {Vm} from "./host.ts";
import {PATH} from "./kinds.ts";

const mesh = properties({cluster: MESH, mtls: true});

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
