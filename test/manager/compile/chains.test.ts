import {expect, test} from "vitest";
import {chainOf, compile, destinationText, planOf} from "./plans.ts";

const TEAM = {team: "{services: [{name: a, to: a--team}, {name: c, to: c--team}]}"};

test("a lane goes to its own workload, then to the baseline", () => {
  const plan = compile({lanes: {ann: "{services: [{name: a, to: a--ann}]}"}});
  expect(chainOf(plan, "a", "ann")).toEqual(["a--ann", "a"]);
});

test("a service that a lane does not override knows nothing of the lane", () => {
  const plan = compile({lanes: {ann: "{services: [{name: a, to: a--ann}]}"}});
  expect(chainOf(plan, "b", "ann")).toBeUndefined();
  expect(planOf(plan, "b").lanes).toEqual([]);
});

test("fallbacks are tried in the order in which they are written, the baseline last", () => {
  const lanes = {
    ...TEAM,
    other: "{services: [{name: a, to: b--bob}]}",
    ann: "{services: [{name: a, to: a--ann}], fallback: [other, team]}",
  };
  expect(chainOf(compile({lanes}), "a", "ann")).toEqual(["a--ann", "b--bob", "a--team", "a"]);
  const turned = {...lanes, ann: "{services: [{name: a, to: a--ann}], fallback: [team, other]}"};
  expect(chainOf(compile({lanes: turned}), "a", "ann")).toEqual(["a--ann", "a--team", "b--bob", "a"]);
});

test("where a lane overrides nothing, its fallback's workload stands first", () => {
  const plan = compile({lanes: {...TEAM, bob: "{services: [{name: b, to: b--bob}], fallback: [team]}"}});
  expect(chainOf(plan, "b", "bob")).toEqual(["b--bob", "b"]);
  expect(chainOf(plan, "c", "bob")).toEqual(["c--team", "c"]);
});

test("a fallback's own fallbacks are not tried", () => {
  const lanes = {
    ...TEAM,
    middle: "{services: [{name: b, to: b--bob}], fallback: [team]}",
    ann: "{services: [{name: a, to: a--ann}], fallback: [middle]}",
  };
  expect(chainOf(compile({lanes}), "c", "ann")).toBeUndefined();
  expect(chainOf(compile({lanes}), "b", "ann")).toEqual(["b--bob", "b"]);
});

test("of two lanes that fall back on each other, each tries its own workload first, then the other's, then the baseline", () => {
  const lanes = {
    ann: "{services: [{name: a, to: a--ann}], fallback: [bob]}",
    bob: "{services: [{name: a, to: b--bob}], fallback: [ann]}",
  };
  expect(chainOf(compile({lanes}), "a", "ann")).toEqual(["a--ann", "b--bob", "a"]);
  expect(chainOf(compile({lanes}), "a", "bob")).toEqual(["b--bob", "a--ann", "a"]);
});

test("a workload that lane and fallback share is tried once", () => {
  const lanes = {
    one: "{services: [{name: a, to: a--ann}]}",
    two: "{services: [{name: a, to: a--ann}], fallback: [one]}",
  };
  expect(chainOf(compile({lanes}), "a", "two")).toEqual(["a--ann", "a"]);
});

test("a lane that names the baseline itself goes there once", () => {
  const plan = compile({lanes: {ann: "{services: [{name: a, to: a}]}"}});
  expect(chainOf(plan, "a", "ann")).toEqual(["a"]);
});

test("a strict lane has no baseline at the end, its fallbacks it has", () => {
  const plan = compile({lanes: {...TEAM, ann: "{services: [{name: a, to: a--ann}], fallback: [team], strict: true}"}});
  expect(chainOf(plan, "a", "ann")).toEqual(["a--ann", "a--team"]);
  expect(chainOf(plan, "c", "ann")).toEqual(["c--team"]);
  expect(chainOf(plan, "a", "team")).toEqual(["a--team", "a"]);
});

test("a strict service has no baseline at the end of any lane's chain; other services have", () => {
  const plan = compile({group: "{services: [a, b, c], strict: [c]}", lanes: TEAM});
  expect(chainOf(plan, "c", "team")).toEqual(["c--team"]);
  expect(chainOf(plan, "a", "team")).toEqual(["a--team", "a"]);
});

test("a fork has a Service of its own, named after service and lane", () => {
  const plan = compile({lanes: {ann: '{services: [{name: a, image: "registry/a:1"}]}'}});
  expect(chainOf(plan, "a", "ann")).toEqual(["a--ann", "a"]);
});

test("baseline labels stand where some workload carries them, and only there", () => {
  const services = "[{name: a, workloads: [{name: a1, labels: {v: '1'}}, {name: a2, labels: {v: '2'}}]}, {name: b}]";
  const group = "{services: [a, b], baseline: {labels: {v: '1'}}}";
  const plan = compile({group, services, lanes: {next: "{labels: {v: '2'}, services: [{name: a}]}"}});
  expect(destinationText(planOf(plan, "a").baseline)).toBe("a{v=1}");
  expect(destinationText(planOf(plan, "b").baseline)).toBe("b");
  expect(chainOf(plan, "a", "next")).toEqual(["a{v=2}", "a{v=1}"]);
});

test("a group without services has all of its namespace's", () => {
  const plan = compile({group: "{}", services: "[{name: a}, {name: b}]", lanes: {}});
  expect(plan.services.map(({service}) => service)).toEqual(["shop/a", "shop/b"]);
});

test("the order of services and lanes in the plan does not depend on the files", () => {
  const ann = "{services: [{name: a, to: a--ann}]}";
  const forward = compile({group: "{services: [a, b, c]}", lanes: {ann, ...TEAM}});
  expect(compile({group: "{services: [c, b, a]}", lanes: {...TEAM, ann}})).toEqual(forward);
});
