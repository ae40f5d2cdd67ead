import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {common, groups, request, sidecar, strippedRequest} from "./arbitrary.ts";
import {Proxy} from "./proxy.ts";
import {failure} from "./report.ts";

const RUNS = 2000;

describe("the modules do what the reference does", () => {
  test("inbound and outbound of one sidecar", () => {
    const proxy = new Proxy();
    const steps = fc.array(request, {minLength: 1, maxLength: 8});
    const agrees = fc.property(sidecar, steps, (options, list) => proxy.sidecar(options, list));
    expect(failure(agrees, RUNS)).toBeUndefined();
  });

  const place = fc.record({
    region: fc.constantFrom("eu", "a", undefined),
    zone: fc.constantFrom("eu", "ab", undefined),
  });

  test("the edge of a gateway", () => {
    const proxy = new Proxy();
    const configuration = fc
      .record({common, groups})
      .map((one) => ({...one.common, stripped: true, groups: one.groups}));
    const steps = fc.array(strippedRequest, {minLength: 1, maxLength: 6});
    const agrees = fc.property(configuration, place, steps, (options, node, list) => proxy.edge(options, node, list));
    expect(failure(agrees, RUNS)).toBeUndefined();
  });

  test("the edge of an entry service", () => {
    const proxy = new Proxy();
    const configuration = fc
      .record({common, groups, plainText: fc.boolean()})
      .map(({plainText, ...one}) => ({...one.common, stripped: false, remember: {plainText}, groups: one.groups}));
    const steps = fc.array(request, {minLength: 1, maxLength: 6});
    const agrees = fc.property(configuration, place, steps, (options, node, list) => proxy.edge(options, node, list));
    expect(failure(agrees, RUNS)).toBeUndefined();
  });
});
