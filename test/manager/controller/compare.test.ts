import {expect, test} from "vitest";
import {isThere, mayWrite, merged} from "../../../manager/controller/compare.ts";
import {ORIGINAL, original} from "../../../manager/model/adopted.ts";
import {type KubernetesObject, managedBy} from "../../../manager/model/kubernetes.ts";

const spec = {hosts: ["cart"]};
const ours: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: {name: "cart", namespace: "shop", labels: managedBy},
  spec,
};
const live: KubernetesObject = {
  ...ours,
  metadata: {...ours.metadata, labels: {...managedBy, theirs: "x"}, annotations: {note: "y"}, resourceVersion: "7"},
  status: {},
};

test("an object is there when its spec is the same, whatever else others wrote on it", () => {
  expect(isThere(ours, live)).toBe(true);
  expect(isThere({...ours, spec: {hosts: ["other"]}}, live)).toBe(false);
  expect(isThere({...ours, metadata: {...ours.metadata, annotations: {note: "z"}}}, live)).toBe(false);
});

test("what others wrote on an object of ours stays, and the version is the one that was read", () => {
  expect(merged({...ours, spec: {}}, live)).toEqual({...ours, spec: {}, metadata: live.metadata});
  expect(merged(ours, live).metadata.resourceVersion).toBe("7");
});

test("only an object of ours is written over, or one that its owner hands over", () => {
  const theirs = {...live, metadata: {...live.metadata, labels: {}}};
  expect(mayWrite(ours, live)).toBe(true);
  expect(mayWrite(ours, theirs)).toBe(false);
  const adopting = {...ours, metadata: {...ours.metadata, annotations: {[ORIGINAL]: "{}"}}};
  expect(mayWrite(adopting, theirs)).toBe(true);
});

test("an object whose owner has written his label is given back, and loses our annotations", () => {
  const {labels: _, ...metadata} = live.metadata;
  const theirs = {...live, metadata: {...metadata, labels: {theirs: "x"}, annotations: {[ORIGINAL]: "{}"}}};
  const back = original(theirs);
  expect([isThere(back, theirs), mayWrite(back, theirs)]).toEqual([false, true]);
  expect(merged(back, theirs).metadata).toEqual({...metadata, labels: {theirs: "x"}, annotations: undefined});
  expect(mayWrite(ours, theirs)).toBe(false);
});

test("an object that is given back loses our label, though its spec is as it was", () => {
  const adopted = {...live, metadata: {...live.metadata, annotations: {note: "y", [ORIGINAL]: JSON.stringify(spec)}}};
  const back = original(adopted);
  expect(isThere(back, adopted)).toBe(false);
  expect(merged(back, adopted).metadata).toEqual({
    name: "cart",
    namespace: "shop",
    labels: {theirs: "x"},
    annotations: {note: "y"},
    resourceVersion: "7",
  });
});
