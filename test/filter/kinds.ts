import {baggage, lane, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";

export const PATH: Header = [":path", "/"];
export const edgeGroups = (name: string, more: object[] = []): object[] => [
  {
    name: "shop/shop",
    ask: [{header: "x-swimlane", grant: {from: ["10.0.0.0/8"]}}],
    rules: [{lane: name, when: {header: {name: "x-user", exact: "ann"}}}],
    sticky: [{cookie: "uid"}],
    buckets: [{lane: "next", runs: [[0, 5000]]}],
  },
  ...more,
];

interface Kind {
  configuration: object;
  requests: Header[][];
}

const outbound: Kind = {
  configuration: {slots: 64},
  requests: [
    [PATH],
    [PATH, lane("ann")],
    [baggage("a=1,swimlane=bob")],
    [lane("ann"), baggage("swimlane=bob")],
    [PATH, traceparent()],
  ],
};

/** Requests of every kind that a module meets, one after the other. */
export const kinds: Record<string, Kind> = {
  outbound,
  "outbound-playground": outbound,
  inbound: {
    configuration: {slots: 64},
    requests: [
      [PATH],
      [PATH, lane("ann"), traceparent()],
      [baggage("swimlane=bob"), traceparent("1".repeat(32))],
      [PATH, traceparent()],
    ],
  },
  edge: {
    configuration: {groups: edgeGroups("ann")},
    requests: [
      [PATH],
      [PATH, ["cookie", "uid=7"]],
      [["x-user", "ann"]],
      [
        ["x-swimlane-asked", "bob"],
        ["x-swimlane-asked-baggage", "a=1"],
      ],
    ],
  },
  "edge-response": {
    configuration: {
      groups: [
        {name: "a/b", ask: [], rules: [], sticky: [{issue: "uid"}], buckets: [{lane: "next", runs: [[0, 5000]]}]},
      ],
    },
    requests: [[PATH], [PATH, ["cookie", "uid=7"]]],
  },
};
