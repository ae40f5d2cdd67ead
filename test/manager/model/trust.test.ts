import {expect, test} from "vitest";
import {group, lane, load} from "./texts.ts";

const warned = (item: object, trusted: object[] = []) => {
  const entry = {gateways: ["istio-ingress/public"], trusted};
  const {errors, warnings} = load(group({services: ["cart"], entry}), lane({match: [item]}));
  expect(errors).toEqual([]);
  return warnings;
};
const staff = {cookies: {staff: {exact: "yes"}}};

test("is reported, with what to write", () => {
  expect(warned(staff)).toEqual([
    "warning: lane ann: any client can set what match[0] looks at, and so enter the lane. Add from: [CIDR] to the item, or, if that is meant, write entry: {trusted: [{cookie: staff}]} in group shop.",
  ]);
});

test.each([
  ["uri", {uri: {prefix: "/a"}}, {uri: true}],
  ["method", {method: {exact: "GET"}}, {method: true}],
  ["host", {host: {exact: "a"}}, {host: true}],
  ["a header", {headers: {team: {present: true}}}, {header: "team"}],
  ["a query parameter", {queryParams: {lane: {exact: "a"}}}, {query: "lane"}],
  ["a cookie", staff, {cookie: "staff"}],
])("%s is such a thing, unless the group trusts it", (_name, item, trusted) => {
  expect(warned(item)).toHaveLength(1);
  expect(warned(item, [trusted])).toEqual([]);
});

test("is not, where an address or something trusted must match too", () => {
  expect(warned({...staff, from: ["10.0.0.0/8"]})).toEqual([]);
  expect(warned({...staff, uri: {prefix: "/a"}}, [{cookie: "staff"}])).toEqual([]);
  expect(warned({...staff, region: {exact: "eu"}})).toHaveLength(1);
  expect(warned({region: {exact: "eu"}})).toEqual([]);
});
