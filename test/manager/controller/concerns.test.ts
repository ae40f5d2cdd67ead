import {expect, test} from "vitest";
import {desired} from "../../../manager/controller/desired.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {gateway, group, lane, service, settings, shop, virtualService} from "./check/inspections.ts";

const named = (object: KubernetesObject, name: string): KubernetesObject => ({
  ...object,
  metadata: {...object.metadata, name},
});
const bob = named(lane({group: "shop", services: [{name: "pay", to: "pay--bob"}]}), "bob");
const others = [service("pay"), service("pay--bob"), bob];

/** Errors for who applied these, of a cluster with these objects. */
function errorsFor(applied: readonly KubernetesObject[], objects: readonly KubernetesObject[]) {
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  const state = {objects, live: [], groups: of("SwimLaneGroup"), lanes: of("SwimLane")};
  const {problems, notices} = desired(state, {...settings, nativeSupported: false}, []).judgedFor(applied);
  const isError = ({severity}: {severity: string}) => severity === "error";
  return {problems: problems.filter(isError).length, notices: notices.filter(isError).map(({reason}) => reason)};
}

test("a VirtualService in the way of another lane is an error for that lane, and a warning for this one", () => {
  const theirs = virtualService("pay", {hosts: ["pay"], http: [{route: [{destination: {host: "pay"}}]}]});
  const whole = group({services: ["cart", "pay"]});
  const objects = [...shop.filter(({kind}) => kind !== "SwimLaneGroup"), whole, ...others, theirs];
  expect(errorsFor([bob], objects)).toEqual({problems: 0, notices: ["HostHasVirtualService"]});
  expect(errorsFor([whole], objects)).toEqual({problems: 0, notices: ["HostHasVirtualService"]});
  expect(errorsFor([lane()], objects)).toEqual({problems: 0, notices: []});
  expect(errorsFor([], objects)).toEqual({problems: 0, notices: []});
});

test("a lane that was left out of the mesh is an error for who applied it", () => {
  const objects = [...shop, ...others];
  expect(errorsFor([bob], objects).problems).toBeGreaterThan(0);
  expect(errorsFor([lane()], objects).problems).toBe(0);
});

test("groups that share hosts concern both, but no third one", () => {
  const rival = named(group({services: ["pay"], entry: {gateways: ["istio-ingress/second"]}}), "rival");
  const third = named(group({services: ["pay--bob"], entry: {gateways: []}}), "third");
  const objects = [...shop, service("pay"), service("pay--bob"), rival, third, gateway("second", {istio: "public"})];
  expect(errorsFor([rival], objects).notices).toContain("HostsOverlap");
  expect(errorsFor([group()], objects).notices).toContain("HostsOverlap");
  expect(errorsFor([third], objects).notices).toEqual([]);
});
