import {expect, test} from "vitest";
import {ownersRoutes, withoutPasted} from "../../../manager/model/pasted.ts";

const known = {isLane: (name: string) => name === "ann"};
const slow = {uri: {prefix: "/slow"}, headers: {accept: {prefix: "text"}}};
const base = {name: "slow", match: [slow], route: [{destination: {host: "cart"}}]};
const match = [{...slow, headers: {...slow.headers, "x-swimlane": {exact: "ann"}}}];
const route = [{destination: {host: "cart--ann.shop.svc.cluster.local"}}];
const pasted = {...base, name: "slow-cart--ann", match, route};
const subset = {host: "cart.shop.svc.cluster.local", subset: "meshlane-v2-0123abcd"};
const refusal = {name: "slow-ann-refused", match, directResponse: {status: 503}};
const owners = (one: object, ...more: object[]) => ownersRoutes([one, base, ...more], known).includes(one);

test.each([
  ["to a lane's Service", pasted],
  ["to a lane's subset", {...pasted, name: "slow-cart/meshlane-v2-0123abcd", route: [{destination: subset}]}],
  ["a refusal", refusal],
  ["of several lanes", {...pasted, match: [{...slow, headers: {...slow.headers, "x-swimlane": {regex: "bob|ann"}}}]}],
  ["of a base whose timeout has been changed since", {...pasted, timeout: "9s"}],
])("a route in the form that we print is ours: %s", (_name, one) => {
  expect(owners(one)).toBe(false);
});

test.each([
  ["another name", {...pasted, name: "vip"}],
  ["no name", {match, route}],
  ["another match than the route beside it", {...pasted, match: [{headers: match[0]!.headers}]}],
  ["a context by prefix", {...pasted, match: [{...slow, headers: {...slow.headers, "x-swimlane": {prefix: "ann"}}}]}],
  ["no lane that there is", {...pasted, match: [{...slow, headers: {...slow.headers, "x-swimlane": {exact: "vip"}}}]}],
  ["a match for requests of no lane", {...pasted, match: [...match, ...base.match]}],
  ["a short host", {...pasted, route: [{destination: {host: "cart--ann"}}]}],
  ["shares", {...pasted, route: [{...route[0], weight: 10}]}],
  ["two destinations", {...pasted, route: [...route, ...route]}],
  ["a subset of another name than ours", {...pasted, route: [{destination: {...subset, subset: "meshlane-gold"}}]}],
  ["an answer of another kind", {...refusal, directResponse: {status: 200}}],
])("a route of lanes is its owner's with %s", (_name, one) => {
  expect(owners(one)).toBe(true);
});

test("after an edit, what stood there before as the owner's is still his, and a variant of it ours", () => {
  const edited = {...base, match: [{...slow, uri: {prefix: "/slower"}}]};
  const before = {isLane: () => true, before: [base]};
  expect(ownersRoutes([pasted, edited], before)).toEqual([edited]);
  expect(ownersRoutes([pasted, base], {...before, before: [base, pasted]})).toEqual([pasted, base]);
});

test("a subset of ours is taken off the owner's routes, one that only begins as ours is not", () => {
  const to = (name: string) => ({http: [{route: [{destination: {host: "cart", subset: name}}]}]});
  expect(withoutPasted(to("meshlane-v1-0123abcd"), known)).toEqual({http: [{route: [{destination: {host: "cart"}}]}]});
  expect(withoutPasted(to("meshlane-gold"), known)).toEqual(to("meshlane-gold"));
  const vip = {http: [{...pasted, name: "vip", route: [{destination: subset}]}]};
  expect(withoutPasted(vip, known)).toEqual(vip);
});
