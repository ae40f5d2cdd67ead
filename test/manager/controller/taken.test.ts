import {expect, test} from "vitest";
import type {Proxy} from "../../../manager/cluster/istiod.ts";
import {fingerprint, isRead, judge, lastOfEach} from "../../../manager/controller/taken.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";

const type = (name: string) => `type.googleapis.com/envoy.config.${name}`;
const routes = type("route.v3.RouteConfiguration");
const clusters = type("cluster.v3.Cluster");
const listeners = type("listener.v3.Listener");
const endpoints = type("endpoint.v3.ClusterLoadAssignment");

function proxy(id: string, sent: Record<string, string>, acked = sent, error = ""): Proxy {
  const resources = Object.entries(sent).map(([name, nonce]) => [name, {sent: nonce, acked: acked[name] ?? "", error}]);
  return {
    id,
    istiod: "i",
    namespace: id.split(".")[1]!,
    resources: Object.fromEntries(resources) as Proxy["resources"],
  };
}

const object = (kind: string, resourceVersion: string, uid = "1"): KubernetesObject => ({
  apiVersion: "networking.istio.io/v1",
  kind,
  metadata: {name: "x", namespace: "shop", resourceVersion, uid},
});
const filter = {put: object("EnvoyFilter", "9")};
const nonces = (nonce: string) => ({[clusters]: nonce, [listeners]: nonce, [routes]: nonce});

test("istiod has read an object when it shows this version of it or a later one", () => {
  expect(isRead([filter], [])).toBe(false);
  expect(isRead([filter], [object("EnvoyFilter", "8")])).toBe(false);
  expect(isRead([filter], [object("EnvoyFilter", "9")])).toBe(true);
  expect(isRead([filter], [object("EnvoyFilter", "10")])).toBe(true);
  expect(isRead([filter], [object("VirtualService", "10")])).toBe(false);
});

test("istiod has read a deletion when the object is gone, or another one has its name", () => {
  const gone = [{deleted: object("EnvoyFilter", "9")}];
  expect(isRead(gone, [object("EnvoyFilter", "9")])).toBe(false);
  expect(isRead(gone, [])).toBe(true);
  expect(isRead(gone, [object("EnvoyFilter", "12", "2")])).toBe(true);
});

test("all that was sent is acknowledged, but nothing was sent since the change: too early", () => {
  const before = [proxy("a.shop", nonces("1"))];
  expect(judge([filter], before, before).waiting).toEqual(["a.shop"]);
  const half = [proxy("a.shop", {...nonces("2"), [routes]: "1"})];
  expect(judge([filter], before, half).waiting).toEqual(["a.shop"]);
  expect(judge([filter], before, [proxy("a.shop", nonces("2"))]).waiting).toEqual([]);
});

test("what was sent and not acknowledged is waited for, elsewhere only as one that may stay late", () => {
  const before = [proxy("a.pay", nonces("1"))];
  expect(judge([filter], before, before)).toMatchObject({waiting: [], late: {elsewhere: []}});
  const behind = [proxy("a.pay", nonces("2"), nonces("1"))];
  expect(judge([filter], before, behind)).toMatchObject({waiting: [], late: {elsewhere: ["a.pay"]}});
  expect(judge([filter], before, behind, ["pay"])).toMatchObject({waiting: ["a.pay"], late: {elsewhere: []}});
});

test("a proxy that owed an answer before the write is late; where nothing was written it is waited for", () => {
  const silent = [proxy("a.shop", nonces("2"), nonces("1"))];
  const still = [proxy("a.shop", nonces("3"), nonces("1"))];
  expect(judge([filter], silent, still)).toMatchObject({waiting: [], late: {since: ["a.shop"]}});
  expect(judge([], silent, still, ["shop"])).toMatchObject({waiting: ["a.shop"], late: {since: []}});
  const awake = [proxy("a.shop", nonces("3"), nonces("2"))];
  expect(judge([filter], silent, awake)).toMatchObject({waiting: ["a.shop"], late: {since: []}});
});

test("a refusal of before the write, and one where nothing was written, are no refusal of the write", () => {
  const refusing = (id: string, why: string) => [proxy(id, nonces("2"), nonces("1"), why)];
  const old = judge([filter], refusing("a.shop", "bad"), refusing("a.shop", "bad"));
  expect({...old, unrelated: new Set(old.unrelated)}).toMatchObject({refused: [], unrelated: new Set(["a.shop: bad"])});
  expect(judge([filter], refusing("a.shop", "bad"), refusing("a.shop", "worse")).refused).toContain("a.shop: worse");
  const other = judge([filter], [proxy("a.pay", nonces("1"))], refusing("a.pay", "bad"));
  expect(other.refused).toEqual([]);
  expect(other.unrelated).toContain("a.pay: bad");
});

test("a proxy that refuses is not waited for, but named with what it says", () => {
  const now = [proxy("a.shop", nonces("2"), nonces("1"), "no such cluster")];
  const verdict = judge([filter], [proxy("a.shop", nonces("1"))], now);
  expect(verdict.waiting).toEqual([]);
  expect(new Set(verdict.refused)).toEqual(new Set(["a.shop: no such cluster"]));
});

test("a proxy that came later and one that left are not waited for", () => {
  expect(judge([filter], [proxy("old.shop", nonces("1"))], [proxy("new.shop", nonces("1"))]).waiting).toEqual([]);
});

test("endpoints come and go all the time, and delay nothing", () => {
  const one = [proxy("a.shop", {...nonces("1"), [endpoints]: "1"})];
  const other = [proxy("a.shop", {...nonces("1"), [endpoints]: "2"}, nonces("1"))];
  expect(judge([], one, other).waiting).toEqual([]);
  expect(fingerprint(one)).toBe(fingerprint(other));
  expect(fingerprint(one)).not.toBe(fingerprint([proxy("a.shop", nonces("2"))]));
});

test("of several changes of one object only the last has to be seen", () => {
  const last = {deleted: object("EnvoyFilter", "11")};
  expect(lastOfEach([filter, {put: object("EnvoyFilter", "10")}, last])).toEqual([last]);
});
