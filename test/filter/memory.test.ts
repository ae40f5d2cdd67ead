import {describe, expect, test} from "vitest";
import {MESH, properties, start} from "./drive.ts";
import {Vm} from "./host.ts";
import type {Root} from "./root.ts";
import {edgeGroups, kinds} from "./kinds.ts";

const mesh = properties({cluster: MESH, mtls: true});

/** Bytes of memory, and where the allocator would put the next byte. */
function footprint(vm: Vm): [memory: number, next: number] {
  return [vm.guest.size(), vm.guest.allocate(1)];
}

describe("memory and arena are the same", () => {
  test.each(Object.keys(kinds))("%s, after 1,000,000 requests", (name) => {
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
    for (let i = 1; i <= 1_000_000; i++) one(i);
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
});

test("memory of many configurations that were alive at once is used again", () => {
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
