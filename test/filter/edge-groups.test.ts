import {describe, expect, test} from "vitest";
import {baggage, lane, laneIn, OTHER_TRACE, pass, send, start, traceparent} from "./drive.ts";
import {anyone, asked, authority, decide, group} from "./edge-drive.ts";
import type {Header} from "./headers.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";

describe("groups", () => {
  const rule = (name: string): object => ({rules: [{lane: name, when: anyone}]});
  const root = (): Root =>
    start("edge", {
      groups: [
        group({name: "a/a", hosts: ["shop.example.com", "*.shop.example.com"], ...rule("a")}),
        group({name: "b/b", ...rule("b")}),
        group({name: "c/c", hosts: ["pre-*.example.org"], ...rule("c")}),
      ],
    });

  test.each([
    ["shop.example.com", "a"],
    ["SHOP.Example.com:443", "a"],
    ["x.shop.example.com", "a"],
    ["x.y.shop.example.com", "b"],
    [".shop.example.com", "b"],
    ["shop.example.com.org", "b"],
    ["pre-1.example.org", "c"],
    ["pre-.example.org", "b"],
    ["pre-1.2.example.org", "b"],
    ["other.org", "b"],
  ])("%s is of group %s", (name, expected) => {
    expect(decide(root(), authority(name))).toBe(expected);
  });

  test("without authority: the group that takes the rest", () => {
    expect(decide(root(), [":path", "/"])).toBe("b");
  });

  test("no group", () => {
    const empty = start("edge", {groups: []});
    expect(pass(empty, [authority("shop.example.com"), asked("ann")])).toEqual([authority("shop.example.com")]);
  });
});

describe("an entry service's inbound side", () => {
  const entry = (process: Process, remember = {plainText: false}): Root =>
    start(
      "edge",
      {stripped: false, remember, groups: [group({ask: [{header: "x-swimlane", grant: anyone}]})]},
      process,
    );

  test("a peer of the mesh keeps its context, and it is remembered", () => {
    const process = new Process();
    const headers: Header[] = [lane("ann"), baggage(" swimlane=bob "), traceparent()];
    expect(pass(entry(process), headers, {mtls: true})).toEqual(headers);
    expect(laneIn(send(start("outbound", {}, process), traceparent()))).toBe("ann");
  });

  test("for any other peer the edge decides, and its decision is remembered", () => {
    const process = new Process();
    expect(laneIn(pass(entry(process), [lane("ann"), traceparent()], {mtls: false}))).toBe("ann");
    expect(laneIn(send(start("outbound", {}, process), traceparent()))).toBe("ann");
  });

  test("no lane: the ids become ambiguous", () => {
    const process = new Process();
    const root = entry(process);
    pass(root, [lane("ann"), traceparent(OTHER_TRACE)], {mtls: false});
    pass(root, [baggage("swimlane=ann"), traceparent(OTHER_TRACE)], {mtls: false});
    expect(laneIn(send(start("outbound", {}, process), traceparent(OTHER_TRACE)))).toBeUndefined();
  });

  test("plain text is of the mesh where it is configured", () => {
    const headers: Header[] = [baggage("swimlane=ann"), traceparent()];
    expect(pass(entry(new Process(), {plainText: true}), headers, {mtls: false})).toEqual(headers);
  });

  test("a gateway remembers nothing", () => {
    const process = new Process();
    const root = start("edge", {groups: [group({ask: [{header: "x-swimlane", grant: anyone}]})]}, process);
    pass(root, [asked("ann"), traceparent()]);
    expect(process.shared.size).toBe(0);
  });
});
