import {describe, expect, test} from "vitest";
import {ask, type Call} from "./rig/client.ts";
import {context, type Header, lane} from "./rig/headers.ts";
import {edgeGroup, edgeLane, laneObjects} from "./rig/objects.ts";
import {FULL, overEach} from "./rig/suite.ts";

/** What is matched, and requests that meet it and that do not. */
interface Rule {
  readonly match: object;
  readonly yes: readonly Call[];
  readonly no: readonly Call[];
}

const header = (...values: string[]): Call => ({headers: values.map((value): Header => ["x-plan", value])});
const cookie = (value: string): Call => ({headers: [["cookie", value]]});
const path = (value: string): Call => ({path: value});
const client = (from: string): Call => ({from});

const RULES: Record<string, Rule> = {
  "uri exact": {
    match: {uri: {exact: "/buy"}},
    yes: [path("/buy"), path("/buy?x=1")],
    no: [path("/buy/"), path("/Buy")],
  },
  "uri prefix": {match: {uri: {prefix: "/buy"}}, yes: [path("/buy"), path("/buying/x")], no: [path("/x/buy")]},
  "uri suffix": {match: {uri: {suffix: ".png"}}, yes: [path("/a/b.png?x")], no: [path("/a?b.png")]},
  "uri contains": {match: {uri: {contains: "/cart/"}}, yes: [path("/a/cart/b")], no: [path("/a/carts/b")]},
  "uri in": {match: {uri: {in: ["/a", "/b"]}}, yes: [path("/a"), path("/b")], no: [path("/c")]},
  method: {match: {method: {exact: "DELETE"}}, yes: [{method: "DELETE"}], no: [{method: "PUT"}]},
  host: {
    match: {host: {suffix: "-eu.rules.test"}},
    yes: [{authority: "SHOP-eu.rules.test:99"}],
    no: [{authority: "shop-us.rules.test"}],
  },
  "header exact": {match: {headers: {"x-plan": {exact: "gold"}}}, yes: [header("gold")], no: [header("Gold"), {}]},
  "header exact, repeated": {
    match: {headers: {"x-plan": {exact: "a,b"}}},
    yes: [header("a", "b"), header("a,b")],
    no: [header("b", "a"), header("a, b")],
  },
  "header prefix": {match: {headers: {"x-plan": {prefix: "g"}}}, yes: [header("gold")], no: [header("bag"), {}]},
  "header suffix": {match: {headers: {"x-plan": {suffix: "d"}}}, yes: [header("gold")], no: [header("dog"), {}]},
  "header contains": {match: {headers: {"x-plan": {contains: "ol"}}}, yes: [header("gold")], no: [header("lo"), {}]},
  "header in": {match: {headers: {"x-plan": {in: ["a", "gold"]}}}, yes: [header("gold")], no: [header("b"), {}]},
  "header present": {match: {headers: {"x-plan": {present: true}}}, yes: [header("x"), header("")], no: [{}]},
  "header absent": {match: {headers: {"x-plan": {present: false}}}, yes: [{}], no: [header("x")]},
  query: {
    match: {queryParams: {plan: {exact: "g%20d"}}},
    yes: [path("/?a=b&plan=g%20d&plan=x")],
    no: [path("/?plan=g+d"), path("/?plan=x&plan=g%20d"), path("/")],
  },
  cookie: {
    match: {cookies: {staff: {exact: "yes"}}},
    yes: [
      cookie("a=b; staff=yes"),
      {
        headers: [
          ["cookie", "a=b"],
          ["cookie", "staff=yes"],
        ],
      },
    ],
    no: [cookie("staff=no; staff=yes"), cookie("xstaff=yes"), {}],
  },
  from: {
    match: {from: ["127.0.1.0/24", "2001:db8::/32"]},
    yes: [client("127.0.1.0"), client("127.0.1.255")],
    no: [client("127.0.2.0"), {headers: [["x-forwarded-for", "127.0.1.1"]]}],
  },
  region: {match: {region: {exact: "eu-1"}}, yes: [{}], no: []},
  "another region": {match: {region: {exact: "us-1"}}, yes: [], no: [{}]},
  zone: {match: {zone: {in: ["eu-1a", "eu-1b"]}}, yes: [{}], no: []},
  time: {match: {time: {after: "2020-01-01T00:00:00Z", before: "2120-01-01T00:00:00Z"}}, yes: [{}], no: []},
  "time that is over": {match: {time: {before: "2020-01-01T00:00:00Z"}}, yes: [], no: [{}]},
  "time to come": {match: {time: {after: "2120-01-01T00:00:00Z"}}, yes: [], no: [{}]},
  "fields of an item are AND": {
    match: {headers: {"x-plan": {exact: "gold"}}, uri: {prefix: "/buy"}, method: {exact: "GET"}},
    yes: [{...header("gold"), ...path("/buy"), method: "GET"}],
    no: [
      {...header("gold"), method: "GET"},
      {...path("/buy"), method: "GET"},
    ],
  },
};

const NAMES = Object.keys(RULES);
const hostOf = (name: string): string => `${name.toLowerCase().replaceAll(/[^a-z]+/g, "-")}.test`;
const groupOf = (name: string): string => `g${NAMES.indexOf(name)}`;

const objects = [
  ...laneObjects(),
  ...NAMES.flatMap((name) => {
    const hosts = [name === "host" ? "*.rules.test" : hostOf(name)];
    return [
      edgeGroup(groupOf(name), {hosts}),
      edgeLane(`lane-${groupOf(name)}`, groupOf(name), {match: [{uri: {exact: "/never"}}, RULES[name]!.match]}),
    ];
  }),
  edgeGroup("order", {hosts: ["order.test"], lane: [{header: "x-swimlane", anyone: true}]}),
  ...[
    ["b-low", {priority: -1}, {}],
    ["z-old", {}, {creationTimestamp: "2024-01-01T00:00:00Z"}],
    ["a-new", {}, {creationTimestamp: "2025-01-01T00:00:00Z"}],
    ["d-none", {}, {}],
    ["c-none", {}, {}],
    ["y-high", {priority: 7}, {}],
  ].map(([name, spec, metadata]) => {
    const match = [{headers: {"x-try": {contains: `(${name as string})`}}}];
    return edgeLane(
      name as string,
      "order",
      {match, weight: name === "y-high" ? 100 : 0, ...(spec as object)},
      metadata as object,
    );
  }),
];

const bootstrap = (_proxy: string, rendered: object): object => {
  const {node, ...rest} = rendered as {node: object};
  return {...rest, node: {...node, locality: {region: "eu-1", zone: "eu-1a"}}};
};

overEach(FULL, {proxies: ["edge"], objects, bootstrap: bootstrap as never}, (mesh, wire) => {
  const laneOf = async (call: Call): Promise<string | undefined> =>
    context((await ask(mesh().edge, {wire, ...call})).headers).lane[0];

  describe("a condition", () => {
    test.each(NAMES)("%s", async (name) => {
      const {yes, no} = RULES[name]!;
      const found = (calls: readonly Call[]) =>
        Promise.all(calls.map((call) => laneOf({authority: hostOf(name), ...call})));
      expect(await found(yes)).toEqual(yes.map(() => `lane-${groupOf(name)}`));
      expect(await found(no)).toEqual(no.map(() => undefined));
    });
  });

  test("rules: higher priority first, then older, then by name; the first match wins", async () => {
    const order = ["y-high", "z-old", "a-new", "c-none", "d-none", "b-low"];
    for (const [at, first] of order.entries()) {
      const tried = order
        .slice(at)
        .toReversed()
        .map((name) => `(${name})`)
        .join("");
      expect(await laneOf({authority: "order.test", headers: [["x-try", tried]]})).toBe(first);
    }
  });

  test("a way in comes before the rules, and the rules before the weights", async () => {
    const rule: Header = ["x-try", "(b-low)"];
    const user: Header = ["cookie", "swimlane-id=u1"];
    expect(await laneOf({authority: "order.test", headers: [user, rule, lane("red")]})).toBe("red");
    expect(await laneOf({authority: "order.test", headers: [user, rule]})).toBe("b-low");
    expect(await laneOf({authority: "order.test", headers: [user]})).toBe("y-high");
  });
});
