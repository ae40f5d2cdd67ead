import {expect, test} from "vitest";
import {changed, imported, laneOf, sample, type Loose} from "./files.ts";

/** The sample with these rules for lane `next`, and what became of it. */
function ruled(rules: object[], choices = {}) {
  const text = changed("permissive", {next: ({spec}) => (spec.ingressRules = rules)});
  const result = imported(text, choices);
  expect(result.errors).toEqual([]);
  const notes = result.warnings.filter(
    (warning) => warning.includes("is not carried over") && warning.includes("rule "),
  );
  return {...result, match: laneOf(result, "next").spec.match as Loose[] | undefined, notes};
}

const byName = {name: "r", online: true, match: {headers: {"x-lane": {exact: "next"}}}};
const byValue = {name: "r", online: true, match: {headers: {"x-lane": {exact: "gray"}}, uri: {prefix: "/a"}}};

test("nobody may ask by the route header until somebody says who", () => {
  for (const rule of [byName, byValue]) {
    const {group, match, notes} = ruled([rule]);
    expect(group.spec.entry.lane).toBeUndefined();
    expect(match).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining("every client that sends x-lane enters the lane")]);
  }
});

test("a route header with a name that every object has is asked for by a rule that names it, and by no other", () => {
  const text = changed("permissive", {
    group: ({spec}) => (spec.permissiveModeConfiguration.routeHeader = "constructor"),
    next: ({spec}) => (spec.ingressRules = [withUser({})]),
  });
  expect(laneOf(imported(text), "next").spec.match).toEqual([user]);
});

test("the networks that were named may ask, by the group's way in", () => {
  const {group, match, notes} = ruled([byName], {grant: ["10.0.0.0/8"]});
  expect(group.spec.entry.lane).toEqual([{header: "x-lane", from: ["10.0.0.0/8"]}]);
  expect({match, notes}).toEqual({match: undefined, notes: []});
});

test("every client may ask only where that was said", () => {
  expect(ruled([byName], {grant: []}).group.spec.entry.lane).toEqual([{header: "x-lane", anyone: true}]);
});

test("a route header that is not the lane's name is a rule of its own, for the same clients", () => {
  expect(ruled([byValue], {grant: ["10.0.0.0/8"]}).match).toEqual([
    {uri: {prefix: "/a"}, headers: {"x-lane": {exact: "gray"}}, from: ["10.0.0.0/8"]},
  ]);
});

test("in strict mode the route header means nothing", () => {
  const text = changed("strict", {
    group: ({spec}) => {
      delete spec.ingress.ingressRouting;
      spec.permissiveModeConfiguration = {routeHeader: "x-lane"};
    },
    v2: ({spec}) => (spec.ingressRules = [byName]),
  });
  const result = imported(text, {baselines: ["v1"]});
  expect(result.group.spec.entry.lane).toBeUndefined();
  expect(laneOf(result, "v2").spec.match).toEqual([{headers: {"x-lane": {exact: "next"}}}]);
});

const user = {headers: {user: {exact: "ann"}}};
const withUser = (fields: object) => ({name: "r", online: true, match: user, ...fields});

test("each host of a rule is a condition of its own where one cannot say them all", () => {
  const hosts = ["a.example.com", "*.b.example.com", "c.example.com"];
  const {match, group} = ruled([withUser({hosts}), withUser({hosts: ["d.example.com"]})]);
  expect(match).toEqual([
    {...user, host: {in: ["a.example.com", "c.example.com"]}},
    {...user, host: {suffix: ".b.example.com"}},
    {...user, host: {exact: "d.example.com"}},
  ]);
  expect(group.spec.entry.hosts).toEqual([...hosts, "d.example.com"].toSorted());
});

test("all hosts of the group are no condition", () => {
  expect(ruled([withUser({hosts: ["a.example.com"]})]).match).toEqual([user]);
});

test("every host and every path are no condition", () => {
  const {match, group} = ruled([withUser({hosts: ["*"], match: {...user, uri: {prefix: "/"}}})]);
  expect(match).toEqual([user]);
  expect(group.spec.entry.hosts).toBeUndefined();
});

test.each([
  ["is not online", withUser({online: false}), "it is not online"],
  ["does not say that it is online", {name: "r", match: user}, "it is not online"],
  ["has a regex", withUser({match: {...user, uri: {regex: "/a.*"}}}), "it has a regex"],
  ["lets in every request", withUser({match: {uri: {prefix: "/"}}}), "it lets in every request"],
])("a rule that %s is left out as a whole", (_what, rule, reason) => {
  const {match, notes} = ruled([rule]);
  expect(match).toBeUndefined();
  expect(notes).toEqual([expect.stringContaining(`rule r is not carried over: ${reason}`)]);
});

test("of two lanes with the same rule, neither gets it", () => {
  const text = changed("permissive", {
    stable: ({spec}) => (spec.ingressRules = [withUser({name: "other"})]),
    next: ({spec}) => (spec.ingressRules = [withUser({})]),
  });
  const result = imported(text);
  expect(laneOf(result, "next").spec.match).toBeUndefined();
  expect(result.warnings.some((warning) => warning.includes("lane stable has the same one"))).toBe(true);
});

test("names of headers are compared in lower case", () => {
  expect(ruled([withUser({match: {headers: {"X-User": {exact: "ann"}}}})]).match).toEqual([
    {headers: {"x-user": {exact: "ann"}}},
  ]);
});

test("a header with two ways to compare is refused", () => {
  const text = changed("permissive", {
    next: ({spec}) => (spec.ingressRules[0].match.headers["X-Lane"] = {exact: "a", prefix: "b"}),
  });
  expect(imported(text).errors).toEqual([expect.stringContaining("must have exactly one of exact, prefix, regex")]);
  expect(sample("permissive")).not.toContain("regex");
});
