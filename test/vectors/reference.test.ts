import {describe, expect, test} from "vitest";
import {baggageLane, othersOf} from "../reference/baggage.ts";
import {holds} from "../reference/conditions.ts";
import {laneOfBucket} from "../reference/edge.ts";
import {bucket, fnv1a64, stickyHash} from "../reference/hash.ts";
import {traceId} from "../reference/trace-ids.ts";
import {bytes, hex, request, update, vectors} from "./vectors.ts";

if (process.env["UPDATE_VECTORS"] === "1") await update();

describe("hash", () => {
  test.each(vectors("hash").fnv)("FNV-1a-64 of $text", ({text, hash}) => {
    expect(hex(fnv1a64(bytes(text)))).toBe(hash);
  });

  test.each(vectors("hash").sticky)("$group $key", (one) => {
    expect(hex(stickyHash(one.group, bytes(one.key)))).toBe(one.hash);
    expect(bucket(one.group, bytes(one.key))).toBe(one.bucket);
  });
});

describe("buckets", () => {
  test.each(vectors("buckets").cases)("$name", (one) => {
    expect(laneOfBucket(one, one.bucket) ?? null).toBe(one.lane);
  });
});

describe("baggage", () => {
  test.each(vectors("baggage").cases)("$name", ({lines, lane, others}) => {
    expect(baggageLane(lines.map(bytes)) ?? null).toBe(lane);
    expect(othersOf(lines.map(bytes))).toEqual(others.map(bytes));
  });
});

describe("trace ids", () => {
  test.each(vectors("trace-ids").cases)("$header: $value", ({header, value, id}) => {
    expect(traceId(header, bytes(value)) ?? null).toBe(id);
  });
});

describe("conditions", () => {
  test.each(vectors("conditions").cases)("$name", (one) => {
    expect(holds(one.condition, request(one.request))).toBe(one.holds);
  });
});
