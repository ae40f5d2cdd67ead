import {expect, test} from "vitest";
import {group, lane, load} from "./texts.ts";

const gateways = ["istio-ingress/public"];

function errorsOf(...objects: object[]): string[] {
  return load(...objects).errors;
}

test.each(["{lane}.shop.example.com", "shop-{lane}.example.com", "a.{lane}-x.example.com", "{lane}"])(
  "host template %s",
  (host) => expect(errorsOf(group({services: ["cart"], entry: {gateways, lane: [{host, anyone: true}]}}))).toEqual([]),
);

test("networks of both families", () => {
  const from = ["0.0.0.0/0", "10.0.0.1/32", "::/0", "::1/128", "2001:db8::/32"];
  expect(errorsOf(group({services: ["cart"], entry: {gateways, lane: [{header: "x-swimlane", from}]}}))).toEqual([]);
});

test("weights of exactly 100 percent, in hundredths that binary fractions miss", () => {
  expect(
    errorsOf(group(), lane({weight: 33.33}), lane({weight: 66.66}, {name: "bob"}), lane({weight: 0.01}, {name: "eve"})),
  ).toEqual([]);
});

test("two lanes that share what they go to", () => {
  expect(errorsOf(group(), lane(), lane({}, {name: "bob"}))).toEqual([]);
});

test("lanes that fall back on each other", () => {
  const to = (name: string, fallback: string[]) => lane({fallback}, {name});
  expect(errorsOf(group(), to("ann", ["bob"]), to("bob", ["ann"]))).toEqual([]);
  expect(errorsOf(group(), to("a", ["b", "c"]), to("b", ["c"]), to("c", ["a"]))).toEqual([]);
});

test("groups of different gateways that have the same hosts", () => {
  const entry = (gateway: string) => ({gateways: [gateway], hosts: ["shop.example.com"]});
  expect(errorsOf(group({entry: entry("a/a")}), group({entry: entry("b/b")}, {namespace: "pay"}))).toEqual([]);
});

test("one of two groups of a gateway takes the rest", () => {
  const hosts = {gateways, hosts: ["pay.example.com", "*.pay.example.com"]};
  expect(errorsOf(group({entry: {gateways}}), group({entry: hosts}, {namespace: "pay", name: "pay"}))).toEqual([]);
});

test("a lane's longest name and time in any offset", () => {
  const time = {after: "2026-01-31T08:00:00+01:00", before: "2026-01-31T08:00:00.5Z"};
  expect(errorsOf(group(), lane({match: [{time}]}, {name: `a${"-".repeat(61)}z`}))).toEqual([]);
});
