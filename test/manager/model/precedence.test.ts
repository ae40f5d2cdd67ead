import {expect, test} from "vitest";
import {durationSeconds, precedence} from "../../../manager/model/index.ts";
import {group, lane, load} from "./texts.ts";

const order = (...lanes: object[]) =>
  load(group(), ...lanes)
    .mesh.lanes.toSorted(precedence)
    .map(({metadata}) => metadata.name);

test("higher priority, then older, then by name; without a time last", () => {
  const old = {creationTimestamp: "2026-01-01T00:00:00Z"};
  // Later than `old` although its text sorts before it.
  const young = {creationTimestamp: "2026-01-01T00:30:00-01:00"};
  const lanes = [
    lane({}, {name: "a"}),
    lane({}, {name: "b", ...young}),
    lane({}, {name: "d", ...old}),
    lane({}, {name: "c", ...old}),
    lane({priority: 1}, {name: "z"}),
  ];
  expect(order(...lanes)).toEqual(["z", "c", "d", "b", "a"]);
});

test("a duration is seconds", () => {
  expect(["90m", "8h", "2d"].map(durationSeconds)).toEqual([5400, 28_800, 172_800]);
});
