import {expect, test} from "vitest";
import {compile, destinationText, type Shop} from "./plans.ts";

const pods = (shop: Shop): string[] =>
  compile(shop).pods.map(({destination, lane}) => `${destinationText(destination)} ${lane}`);

test("a lane's own workload belongs to the lane", () => {
  expect(pods({lanes: {ann: "{services: [{name: a, to: a--ann}]}"}})).toEqual(["a--ann ann"]);
  expect(pods({lanes: {ann: '{services: [{name: a, image: "r/a:1"}]}'}})).toEqual(["a--ann ann"]);
});

test("labelled pods belong to the lane that names them, and not the baseline's", () => {
  const services = "[{name: a, workloads: [{name: a1, labels: {v: '1'}}, {name: a2, labels: {v: '2'}}]}]";
  const group = "{services: [a], baseline: {labels: {v: '1'}}}";
  expect(pods({group, services, lanes: {next: "{labels: {v: '2'}, services: [{name: a}]}"}})).toEqual(["a{v=2} next"]);
});

test("the pods of a lane that is another's fallback belong to none", () => {
  const lanes = {
    team: "{services: [{name: a, to: a--team}, {name: c, to: c--team}]}",
    bob: "{services: [{name: b, to: b--bob}], fallback: [team]}",
  };
  expect(pods({lanes})).toEqual(["b--bob bob"]);
});

test("pods that two lanes share belong to none", () => {
  const lanes = {
    one: "{services: [{name: a, to: a--ann}, {name: b, to: b--bob}]}",
    two: "{services: [{name: a, to: a--ann}]}",
  };
  expect(pods({lanes})).toEqual(["b--bob one"]);
});

test("pods that one lane names for two services belong to it", () => {
  expect(pods({lanes: {ann: "{services: [{name: a, to: a--ann}, {name: b, to: a--ann}]}"}})).toContain("a--ann ann");
});

test("a baseline that a lane names belongs to none", () => {
  expect(pods({lanes: {ann: "{services: [{name: a, to: b}]}"}})).toEqual([]);
});
