import {laneIn, pass, start} from "./drive.ts";
import type {Header} from "./headers.ts";
import type {Process} from "./process.ts";
import type {Root} from "./root.ts";

export const asked = (name: string): Header => ["x-swimlane-asked", name];
export const askedBaggage = (line: string): Header => ["x-swimlane-asked-baggage", line];
export const authority = (name: string): Header => [":authority", name];
export const anyone = {anyone: true};

/** A group without ways in, rules and weights but those given. */
export const group = (fields: object): object => ({
  name: "shop/shop",
  ask: [],
  rules: [],
  sticky: [],
  buckets: [],
  ...fields,
});

/** An edge of one group. */
export const edge = (fields: object, rest: object = {}, process?: Process): Root =>
  start("edge", {groups: [group(fields)], ...rest}, process);

/** The lane that a request with these headers is put into. */
export const decide = (root: Root, ...headers: Header[]): string | undefined => laneIn(pass(root, headers));
