import {describe, expect, test} from "vitest";
import {members} from "../reference/baggage.ts";
import {bucket} from "../reference/hash.ts";
import {bytes, hex, request, vectors} from "../vectors/vectors.ts";
import {Lane} from "./lane.ts";

const compiled = new Lane();

describe("hash", () => {
  test.each(vectors("hash").fnv)("FNV-1a-64 of $text", ({text, hash}) => {
    expect(hex(compiled.fnv64(bytes(text)))).toBe(hash);
  });

  test.each(vectors("hash").sticky)("$group $key", (one) => {
    expect(hex(compiled.stickyHash(one.group, bytes(one.key)))).toBe(one.hash);
    expect(compiled.stickyBucket(one.group, bytes(one.key))).toBe(one.bucket);
  });
});

describe("buckets", () => {
  const keys = new Map<number, string>();
  for (let i = 0; keys.size < 10_000 && i < 200_000; i++) keys.set(bucket("a/b", String(i)), String(i));

  test.each(vectors("buckets").cases)("$name", (one) => {
    const key = keys.get(one.bucket);
    expect(key).toBeDefined();
    const group = {name: "a/b", ask: [], rules: [], sticky: [{header: "x-user"}], buckets: one.buckets};
    const lane = compiled.decide({groups: [group]}, {headers: [["x-user", key ?? ""]], now: 0});
    expect(lane ?? null).toBe(one.lane);
  });
});

describe("baggage", () => {
  test.each(vectors("baggage").cases)("$name", ({lines, lane, others}) => {
    const line = lines.map(bytes).join(",");
    expect(compiled.baggageLane(line) ?? null).toBe(lane);
    expect(members([compiled.baggageOthers(line)])).toEqual(others.map(bytes));
  });
});

describe("trace ids", () => {
  test.each(vectors("trace-ids").cases)("$header: $value", ({header, value, id}) => {
    expect(compiled.traceId(header, bytes(value)) ?? null).toBe(id);
  });
});

describe("conditions", () => {
  test.each(vectors("conditions").cases)("$name", (one) => {
    expect(compiled.holds(one.condition, request(one.request))).toBe(one.holds);
  });
});
