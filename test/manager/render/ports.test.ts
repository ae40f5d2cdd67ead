import {expect, test} from "vitest";
import {loadMesh} from "../../../manager/model/index.ts";
import {assignPorts} from "../../../manager/render/envoy/index.ts";

/** A shop whose services, each with one workload of its name, all call the last. */
function shopOf(...names: string[]) {
  const services = names.map((name, index) => ({
    name,
    workloads: [{name}],
    ...(index < names.length - 1 ? {calls: [names.at(-1)]} : {}),
  }));
  const metadata = {name: "shop", namespace: "shop"};
  const object = {apiVersion: "meshlane.dev/v1alpha1", kind: "Playground", metadata, spec: {services}};
  return loadMesh([{name: "shop.yaml", text: JSON.stringify(object)}]).mesh.playground!;
}

test("a service and a workload that come later get ports of their own, also by a name that every object has", () => {
  let port = 20_000;
  const next = () => port++;
  const held = assignPorts(shopOf("cart", "payment"), next);
  const ports = assignPorts(shopOf("constructor", "cart", "payment"), next, held);
  expect(ports.sidecars["cart"]).toEqual(held.sidecars["cart"]);
  const called = assignPorts(shopOf("cart", "constructor"), next, held);
  for (const {sidecars} of [ports, called]) {
    const {inbound, admin, calls} = sidecars["constructor"]!;
    expect([inbound, admin, ...Object.values(calls)].filter((value) => typeof value !== "number")).toEqual([]);
  }
  expect(called.sidecars["cart"]!.calls["constructor"]).toBeTypeOf("number");
});
