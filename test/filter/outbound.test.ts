import {describe, expect, test} from "vitest";
import {
  baggage,
  contextOf,
  lane,
  laneIn,
  MESH,
  pass,
  properties,
  receive,
  send,
  start,
  TRACE,
  traceparent,
} from "./drive.ts";
import {hop} from "./drive.ts";
import type {Header} from "./headers.ts";
import {PATH} from "./kinds.ts";
import {Process} from "./process.ts";

describe("a quiet proxy", () => {
  test("asks for the flag and for two absent headers, nothing else", () => {
    const root = start("outbound", {});
    root.vm.reset();
    root.request([[":path", "/"], traceparent()], properties({cluster: MESH})).end();
    expect(root.vm.counted()).toEqual({proxy_get_header_map_value: 2, proxy_get_shared_data: 1});
  });

  test("a request without context goes on unchanged", () => {
    const headers: Header[] = [[":path", "/"], traceparent(), ["x", "1"]];
    expect(send(start("outbound", {}), ...headers)).toEqual(headers);
  });
});

describe("the context is the first of header, baggage, table, pod", () => {
  const remembering = (): Process => {
    const process = new Process();
    receive(start("inbound", {}, process), lane("tess"), traceparent());
    return process;
  };

  test.each([
    ["header", [lane("hera"), baggage("swimlane=bea"), traceparent()], "hera"],
    ["baggage", [baggage("swimlane=bea"), traceparent()], "bea"],
    ["trace", [traceparent()], "tess"],
    ["pod", [], "paul"],
  ] as [string, Header[], string][])("%s", (_carrier, headers, expected) => {
    expect(laneIn(send(start("outbound", {lane: "paul"}, remembering()), ...headers))).toBe(expected);
  });

  test("none: no header is written", () => {
    expect(laneIn(send(start("outbound", {}, remembering())))).toBeUndefined();
  });

  test("a gateway reads neither table nor pod", () => {
    const root = start("outbound", {lane: "paul", gateway: true}, remembering());
    expect(laneIn(send(root, traceparent()))).toBeUndefined();
    expect(laneIn(send(root, baggage("swimlane=bea")))).toBe("bea");
  });
});

describe("a context that is none", () => {
  test.each(["ANN", "-ann", "ann-", "a.b", "a b", "ann,ann", "", "a".repeat(64), "\xc3\xa9", "ann\xff"])(
    "malformed %j: the next carrier is tried",
    (value) => {
      expect(laneIn(send(start("outbound", {lane: "paul"}), lane(value), baggage("swimlane=bea")))).toBe("bea");
      expect(laneIn(send(start("outbound", {lane: "paul"}), lane(value)))).toBe("paul");
    },
  );

  test("repeated and different: the next carrier is tried, and one header remains", () => {
    const headers = send(start("outbound", {}), lane("ann"), lane("bob"), baggage("swimlane=bea"));
    expect(contextOf(headers)).toEqual({header: ["bea"], baggage: ["bea"]});
  });

  test("repeated and different, no other carrier: no header is left that a route could match", () => {
    expect(contextOf(send(start("outbound", {}), lane("ann"), lane("bob"))).header).toEqual([]);
  });

  test("repeated and equal counts as one", () => {
    expect(laneIn(send(start("outbound", {lane: "paul"}), lane("ann"), lane("ann")))).toBe("ann");
  });

  test("baggage members that differ give none", () => {
    const headers = send(start("outbound", {lane: "paul"}), baggage("swimlane=ann,swimlane=bob"));
    expect(laneIn(headers)).toBe("paul");
  });
});

describe("what is written", () => {
  test("came by the header: nothing", () => {
    const headers: Header[] = [[":path", "/"], lane("ann"), baggage("a=1, swimlane=ann;p ,b=2")];
    expect(send(start("outbound", {}), ...headers)).toEqual(headers);
    const alone: Header[] = [lane("ann"), ["x", "1"]];
    expect(send(start("outbound", {}), ...alone)).toEqual(alone);
  });

  test("came by the header: a baggage member that names another lane is mended", () => {
    const headers = send(start("outbound", {}), lane("ann"), baggage("a=1;p=\xff,swimlane=bob"), baggage("b=%20"));
    expect(contextOf(headers)).toEqual({header: ["ann"], baggage: ["ann"]});
    const both = send(start("outbound", {}), lane("ann"), baggage("swimlane=ann,swimlane=bob"));
    expect(contextOf(both)).toEqual({header: ["ann"], baggage: ["ann"]});
    const line = headers.filter((one) => one[0] === "baggage").map((one) => one[1]);
    expect(line.join(",")).toContain("a=1;p=\xff");
    expect(line.join(",")).toContain("b=%20");
  });

  test("came otherwise: the header", () => {
    const headers = send(start("outbound", {}), [":path", "/"], baggage("a=1,swimlane=bea"));
    expect(headers).toContainEqual(lane("bea"));
    expect(headers).toContainEqual(baggage("a=1,swimlane=bea"));
  });

  test("the configured header is used", () => {
    const root = start("outbound", {header: "x-lane"});
    const headers = send(root, baggage("swimlane=bea"), lane("ann"));
    expect(headers).toContainEqual(["x-lane", "bea"]);
    expect(headers).toContainEqual(lane("ann"));
  });
});

describe("leaving the mesh", () => {
  const leaving: [string, Partial<Parameters<typeof properties>[0]>][] = [
    ["the name has no prefix of the mesh", {cluster: {name: "PassthroughCluster"}}],
    ["the cluster is marked external", {cluster: {...MESH, external: true}}],
    ["the mark is text", {cluster: {...MESH, external: "true"}}],
    ["the cluster is unknown", {}],
    ["the name is shorter than the prefix", {cluster: {name: "outbound"}}],
  ];

  test.each(leaving)("%s: header and baggage member are removed", (_why, request) => {
    const root = start("outbound", {lane: "paul"});
    const headers = pass(root, [[":path", "/"], lane("ann"), baggage("a=1,swimlane=ann,b=2")], request);
    expect(contextOf(headers)).toEqual({header: [], baggage: []});
    const left = headers.find((one) => one[0] === "baggage")?.[1].split(",");
    expect(left?.map((one) => one.trim())).toEqual(["a=1", "b=2"]);
  });

  test.each(leaving)("%s: a baggage of ours alone goes whole", (_why, request) => {
    expect(pass(start("outbound", {}), [[":path", "/"], baggage("swimlane=ann")], request)).toEqual([[":path", "/"]]);
  });

  test.each(leaving)("%s: what a trace or the pod would give is not written", (_why, request) => {
    const process = new Process();
    receive(start("inbound", {}, process), lane("tess"), traceparent());
    expect(pass(start("outbound", {}, process), [traceparent()], request)).toEqual([traceparent()]);
    expect(pass(start("outbound", {lane: "paul"}), [[":path", "/"]], request)).toEqual([[":path", "/"]]);
  });

  test("an unmarked cluster of the mesh keeps it", () => {
    const cluster = {...MESH, external: false};
    expect(laneIn(pass(start("outbound", {}), [lane("ann")], {cluster}))).toBe("ann");
  });

  test("a cluster of an egress host is outside, whatever its port and subset", () => {
    const root = start("outbound", {mesh: {egress: ["egress.istio-egress.svc.cluster.local", "out.example.com"]}});
    const left = (name: string): string | undefined => laneIn(pass(root, [lane("ann")], {cluster: {name}}));
    for (const name of ["outbound|443||out.example.com", "outbound|80|v1|egress.istio-egress.svc.cluster.local"]) {
      expect(left(name)).toBeUndefined();
    }
    for (const name of [
      "outbound|443||not-out.example.com",
      "outbound|443||out.example.com.shop",
      "outbound|80||cart",
    ]) {
      expect(left(name)).toBe("ann");
    }
  });

  test("within the mesh a restored context costs one look at the cluster and one write", () => {
    const root = start("outbound", {lane: "ann"});
    pass(root, [PATH], {cluster: MESH});
    expect(root.vm.counted()).toMatchObject({proxy_get_property: 2, proxy_replace_header_map_value: 1});
  });

  test("what counts as absent goes without a look at the cluster, where no baggage member is there", () => {
    const root = start("outbound", {});
    expect(pass(root, [PATH, lane("ANN")], {cluster: MESH})).toEqual([PATH]);
    expect(root.vm.counted()["proxy_get_property"]).toBeUndefined();
  });

  test("prefixes and mark as configured", () => {
    const mesh = {clusters: ["mesh_", "local/"], external: ["istio", "external"]};
    const root = start("outbound", {mesh});
    expect(laneIn(pass(root, [lane("ann")], {cluster: {name: "local/cart"}}))).toBe("ann");
    expect(laneIn(pass(root, [lane("ann")], {cluster: {name: "mesh_cart", external: true}}))).toBeUndefined();
    expect(laneIn(pass(root, [lane("ann")], {cluster: MESH}))).toBeUndefined();
  });
});

describe("the hop header of outbound-playground", () => {
  const stream = (headers: Header[], request = {cluster: MESH}, process = new Process()) =>
    start("outbound-playground", {lane: "paul"}, process).request(headers, properties(request));

  test.each([
    ["header", [lane("ann")], "ann;header"],
    ["baggage", [baggage("swimlane=bea")], "bea;baggage"],
    ["pod", [[":path", "/"]], "paul;pod"],
  ] as [string, Header[], string][])("%s", (_carrier, headers, expected) => {
    expect(hop(stream(headers))).toEqual([expected]);
  });

  test("trace", () => {
    const process = new Process();
    receive(start("inbound", {}, process), lane("tess"), traceparent());
    expect(hop(stream([traceparent(TRACE)], {cluster: MESH}, process))).toEqual(["tess;trace"]);
  });

  test("without context", () => {
    const root = start("outbound-playground", {});
    expect(hop(root.request([[":path", "/"]], properties({cluster: MESH})))).toEqual(["baseline;none"]);
  });

  test("a callee's own is replaced", () => {
    const one = stream([lane("ann")]);
    expect(one.respond([["x-swimlane-hop", "evil;pod"]]).all("x-swimlane-hop")).toEqual(["ann;header"]);
  });

  test("responses out of order find their own", () => {
    const root = start("outbound-playground", {});
    const streams = ["ann", "bob", "cleo"].map((name) => root.request([lane(name)], properties({cluster: MESH})));
    const none = root.request([[":path", "/"]], properties({cluster: MESH}));
    expect([...streams].reverse().map(hop)).toEqual([["cleo;header"], ["bob;header"], ["ann;header"]]);
    expect(hop(none)).toEqual(["baseline;none"]);
  });

  test("the shipped outbound adds none", () => {
    const root = start("outbound", {lane: "paul"});
    expect(hop(root.request([[":path", "/"]], properties({cluster: MESH})))).toEqual([]);
  });
});
