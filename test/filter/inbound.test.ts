import {describe, expect, test} from "vitest";
import {baggage, lane, laneIn, OTHER_TRACE, pass, receive, send, start, TRACE, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";
import {Process} from "./process.ts";
import {sidecar} from "./sidecar.ts";

describe("a quiet proxy", () => {
  test("of a request without context inbound asks for two absent headers and at most the flag", () => {
    const root = start("inbound", {});
    receive(root, [":path", "/"], traceparent());
    const {proxy_get_header_map_value: headers, proxy_get_shared_data: shared = 0, ...others} = root.vm.counted();
    expect([headers, others]).toEqual([2, {}]);
    expect(shared).toBeLessThan(2);
  });
});

describe("peers", () => {
  const request: Header[] = [[":path", "/"], lane("ann"), lane("bob"), baggage(" a=1,swimlane=ann "), traceparent()];

  test("no request header of a peer of the mesh is changed", () => {
    expect(receive(start("inbound", {}), ...request)).toEqual(request);
  });

  test("of any other peer the context is removed", () => {
    const headers = pass(start("inbound", {}), request, {mtls: false});
    expect(headers).toEqual([[":path", "/"], traceparent(), baggage("a=1")]);
  });

  test("of any other peer a baggage of ours alone goes whole, and nothing is remembered", () => {
    const {inbound, outbound} = sidecar();
    expect(pass(inbound, [baggage("swimlane=ann"), traceparent()], {mtls: false})).toEqual([traceparent()]);
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
  });

  test("plain text is accepted where it is configured", () => {
    const process = new Process();
    const headers: Header[] = [lane("ann"), traceparent()];
    expect(pass(start("inbound", {plainText: true}, process), headers, {mtls: false})).toEqual(headers);
    expect(laneIn(send(start("outbound", {}, process), traceparent()))).toBe("ann");
  });
});

describe("remembering", () => {
  test("the header before the baggage", () => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), baggage("swimlane=bob"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBe("ann");
  });

  test("the baggage where the header gives none", () => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ANN"), baggage("swimlane=bob"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBe("bob");
  });

  test("each trace id of the request", () => {
    const {inbound, outbound} = sidecar();
    const datadog: Header = ["x-datadog-trace-id", "7277407061855694839"];
    const sw8: Header = ["sw8", "1-VFJBQ0U=-U0VH-3-c2Vydmlj-aW5z-ZW5k-YWRk"];
    receive(inbound, lane("ann"), traceparent(), datadog, sw8);
    for (const header of [traceparent(), datadog, sw8]) expect(laneIn(send(outbound, header))).toBe("ann");
  });

  test("only the configured trace headers", () => {
    const {inbound, outbound} = sidecar({traceIds: ["b3"]});
    receive(inbound, lane("ann"), traceparent(), ["b3", `${OTHER_TRACE}-00f067aa0ba902b7-1`]);
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
    expect(laneIn(send(outbound, ["b3", `${OTHER_TRACE}-aaaaaaaaaaaaaaaa-0`]))).toBe("ann");
  });

  test("the ids of a request without context are not remembered", () => {
    const {inbound, process} = sidecar();
    receive(inbound, traceparent());
    expect(process.shared.size).toBe(0);
  });

  test("workers share the table", () => {
    const process = new Process();
    const workers = [sidecar({}, process), sidecar({}, process)] as const;
    receive(workers[0].inbound, lane("ann"), traceparent());
    expect(laneIn(send(workers[1].outbound, traceparent()))).toBe("ann");
    receive(workers[1].inbound, lane("bob"), traceparent());
    expect(laneIn(send(workers[0].outbound, traceparent()))).toBeUndefined();
  });
});

describe("the same trace in another header", () => {
  const short = TRACE.slice(16);
  const full: Header[] = [
    traceparent(),
    ["b3", `${TRACE}-00f067aa0ba902b7-1`],
    ["x-b3-traceid", TRACE.toUpperCase()],
    ["uber-trace-id", `${TRACE}:00f067aa0ba902b7:0:1`],
    ["x-amzn-trace-id", `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)};Sampled=1`],
    ["x-cloud-trace-context", `${TRACE}/123;o=1`],
  ];
  const padded: Header[] = [
    traceparent(short.padStart(32, "0")),
    ["b3", `${short}-00f067aa0ba902b7`],
    ["x-b3-traceid", short],
    ["uber-trace-id", `${short}:1:0:1`],
  ];

  test.each(full.map((header) => [header[0], header] as const))("%s finds and is found", (_name, header) => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), header);
    for (const other of full) expect(laneIn(send(outbound, other))).toBe("ann");
  });

  test.each(padded.map((header) => [header[0], header] as const))("%s of 64 bits", (_name, header) => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), header);
    for (const other of padded) expect(laneIn(send(outbound, other))).toBe("ann");
    for (const other of full) expect(laneIn(send(outbound, other))).toBeUndefined();
  });

  test("x-request-id whatever Envoy has written into its character 14", () => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), ["x-request-id", "f47ac10b-58cc-4372-a567-0e02b2c3d479"]);
    expect(laneIn(send(outbound, ["x-request-id", "f47ac10b-58cc-9372-a567-0e02b2c3d479"]))).toBe("ann");
    expect(laneIn(send(outbound, ["x-request-id", "f47ac10b-58cc-4372-a567-0e02b2c3d47a"]))).toBeUndefined();
  });
});

describe("ambiguous", () => {
  test("an id held for another lane, until it expires", () => {
    const {inbound, outbound, process} = sidecar({ttl: 60});
    receive(inbound, lane("ann"), traceparent());
    process.pass(10);
    receive(inbound, lane("bob"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
    receive(inbound, lane("bob"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
    process.pass(40);
    receive(inbound, lane("bob"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
    process.pass(61);
    receive(inbound, lane("bob"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBe("bob");
  });

  test("an id that arrives without context", () => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), traceparent());
    receive(inbound, traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
  });

  test("an id that arrives with a malformed context", () => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), traceparent());
    receive(inbound, lane("Ann"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
  });

  test("an id that a peer outside of the mesh brings, whatever it asks for", () => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), traceparent());
    pass(inbound, [lane("ann"), traceparent()], {mtls: false});
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
  });

  test("an ambiguous id gives nothing, another id of the request still gives a lane", () => {
    const {inbound, outbound} = sidecar();
    const other: Header = ["x-datadog-trace-id", "42"];
    receive(inbound, lane("ann"), traceparent(), other);
    receive(inbound, traceparent());
    expect(laneIn(send(outbound, traceparent(), other))).toBe("ann");
  });

  test("ids of one request that disagree give none", () => {
    const {inbound, outbound} = sidecar();
    const other: Header = ["x-datadog-trace-id", "42"];
    receive(inbound, lane("ann"), traceparent());
    receive(inbound, lane("bob"), other);
    expect(laneIn(send(outbound, traceparent(), other))).toBeUndefined();
    expect(laneIn(send(outbound, other))).toBe("bob");
  });

  test("the same lane again is not ambiguous", () => {
    const {inbound, outbound} = sidecar();
    receive(inbound, lane("ann"), traceparent());
    receive(inbound, lane("ann"), traceparent());
    expect(laneIn(send(outbound, traceparent()))).toBe("ann");
  });
});
