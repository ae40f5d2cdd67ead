import {expect, test} from "vitest";
import {variantName, withoutLanes, withoutPasted} from "../../../manager/model/pasted.ts";

const base = {name: "slow", match: [{uri: {prefix: "/slow"}}], route: [{destination: {host: "cart"}}]};
const match = [{uri: {prefix: "/slow"}, headers: {"x-swimlane": {exact: "ann"}}}];
const variant = {...base, name: "meshlane-slow-cart--ann", match, route: [{destination: {host: "cart--ann"}}]};
const ownersOf = (...http: object[]) => (withoutPasted({http}) as {http: readonly object[]}).http;

test.each([
  ["of a named route", {name: "slow"}, "cart--ann", "meshlane-slow-cart--ann"],
  ["of a route without a name", {}, "cart/meshlane-v2-0123abcd", "meshlane-cart/meshlane-v2-0123abcd"],
])("the name of what we make %s says that it is ours", (_what, route, to, name) => {
  expect(variantName(route, to)).toBe(name);
});

test("a route of lanes with a name of ours is ours, whatever has been changed in it", () => {
  const changed = {...variant, timeout: "9s", match: [{headers: {"x-swimlane": {prefix: "ann"}}}]};
  const refusal = {name: "meshlane-slow-only-refused", match, directResponse: {status: 503}};
  expect(ownersOf(variant, changed, refusal, base)).toEqual([base]);
});

test.each([
  ["a name of his own", {...variant, name: "vip"}],
  ["no name", {match, route: variant.route}],
  ["a match for requests of no lane", {...variant, match: [...match, ...base.match]}],
  ["no match", {...variant, match: []}],
])("a route is its owner's with %s", (_what, route) => {
  expect(ownersOf(route, base)).toEqual([route, base]);
});

test("a subset of ours is taken off the owner's routes, one that only begins as ours is not", () => {
  const to = (subset: string) => ({route: [{destination: {host: "cart", subset}}]});
  expect(ownersOf(to("meshlane-v1-0123abcd"))).toEqual([{route: [{destination: {host: "cart"}}]}]);
  expect(ownersOf(to("meshlane-gold"))).toEqual([to("meshlane-gold")]);
  const vip = {...variant, name: "vip", ...to("meshlane-v2-0123abcd")};
  expect(ownersOf(vip)).toEqual([vip]);
});

test.each([undefined, null, {tcp: [{}]}, {http: 5}])("what has no http routes stays as it is: %j", (spec) => {
  expect(withoutPasted(spec)).toBe(spec);
  expect(withoutLanes(spec)).toBe(spec);
});
