import {expect, test} from "vitest";
import {assignBuckets} from "../../../manager/compile/buckets.ts";
import {bucketOf} from "../../../manager/compile/hash.ts";
import type {GroupPlan} from "../../../manager/compile/plan.ts";
import {sampleRequests, userRequests} from "../../../manager/playground/sample-requests.ts";

const EDGE = "127.0.0.1:8080";
const group = (fields: Partial<GroupPlan>): GroupPlan => ({
  name: "shop/shop",
  gateways: ["g/g"],
  entryServices: [],
  ask: [],
  rules: [],
  sticky: [],
  buckets: [],
  ...fields,
});
const planOf = (fields: Partial<GroupPlan>) => ({services: [], pods: [], owners: {}, groups: [group(fields)]});
const requestFor = (lane: string, fields: Partial<GroupPlan>) =>
  sampleRequests(planOf(fields), [{name: lane, group: "shop/shop"}], EDGE).find(({name}) => name === lane);

test("a lane is asked for by the first way in that loopback may take", () => {
  const ask: GroupPlan["ask"] = [
    {cookie: "lane", grant: {from: ["10.0.0.0/8", "2001:db8::/32"]}},
    {header: "x-swimlane", grant: {from: ["127.0.0.0/8"]}},
    {query: "lane", grant: {anyone: true}},
  ];
  expect(requestFor("ann", {ask})).toMatchObject({headers: {"x-swimlane": "ann"}, url: `http://${EDGE}/`});
  expect(requestFor("ann", {ask: ask.slice(2)})).toMatchObject({headers: {}, url: `http://${EDGE}/?lane=ann`});
  expect(requestFor("ann", {ask: [{host: "{lane}.x.localhost", grant: {anyone: true}}]})).toMatchObject({
    url: "http://ann.x.localhost:8080/",
  });
});

test("a rule with several cookies and parameters is met by one request", () => {
  const when = {
    all: [
      {cookie: {name: "a", exact: "1"}},
      {cookie: {name: "b", prefix: "2"}},
      {query: {name: "c", in: ["3"]}},
      {query: {name: "d", exact: "4"}},
      {header: {name: "x-e", exact: "5"}},
    ],
  };
  expect(requestFor("next", {rules: [{lane: "next", when}]})).toMatchObject({
    url: `http://${EDGE}/?c=3&d=4`,
    headers: {cookie: "a=1; b=2", "x-e": "5"},
  });
});

test("a weighted lane is shown by a user whom its weight takes, the baseline by one whom none does", () => {
  const buckets = assignBuckets([{lane: "next", weight: 20}], {});
  const requests = sampleRequests(
    planOf({buckets, sticky: [{cookie: "uid"}]}),
    [{name: "next", group: "shop/shop"}],
    EDGE,
  );
  const bucket = (name: string): number => {
    const cookie = requests.find((request) => request.name === name)?.headers["cookie"];
    return bucketOf("shop/shop", cookie?.replace("uid=", "") ?? "");
  };
  expect(bucket("next")).toBeLessThan(2000);
  expect(bucket("baseline")).toBeGreaterThanOrEqual(2000);
});

test("users are told apart by the group's first sticky key", () => {
  const buckets = assignBuckets([{lane: "next", weight: 20}], {});
  const users = (sticky: GroupPlan["sticky"]) => userRequests(planOf({buckets, sticky}), 2, EDGE);
  expect(users([{header: "x-user"}]).map(({headers}) => headers)).toEqual([{"x-user": "u0"}, {"x-user": "u1"}]);
  expect(users([{issue: "swimlane-id"}])[1]?.headers).toEqual({cookie: "swimlane-id=u1"});
  expect(userRequests(planOf({}), 2, EDGE)).toEqual([]);
});
