import {describe, expect, test} from "vitest";
import {lane, laneIn, receive, send, TRACE, traceparent} from "./drive.ts";
import {slotOf} from "../reference/trace-ids.ts";
import {Process} from "./process.ts";
import {sidecar} from "./sidecar.ts";

describe("the table", () => {
  test("an id is remembered for ttl seconds", () => {
    const {inbound, outbound, process} = sidecar({ttl: 7});
    receive(inbound, lane("ann"), traceparent());
    process.pass(6.999);
    expect(laneIn(send(outbound, traceparent()))).toBe("ann");
    process.pass(0.002);
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
  });

  test("a proxy is quiet again when the last id has expired", () => {
    const {inbound, outbound, process} = sidecar({ttl: 5});
    receive(inbound, lane("ann"), traceparent());
    process.pass(600);
    for (let i = 0; i < 3; i++) send(outbound, traceparent());
    outbound.vm.reset();
    send(outbound, traceparent());
    expect(outbound.vm.counted()["proxy_get_shared_data"]).toBe(1);
    expect(outbound.vm.counted()["proxy_get_header_map_pairs"]).toBeUndefined();
  });

  test("it is renewed by a request in the second half of its time", () => {
    const {inbound, outbound, process} = sidecar({ttl: 60});
    receive(inbound, lane("ann"), traceparent());
    for (let i = 0; i < 20; i++) {
      process.pass(40);
      receive(inbound, lane("ann"), traceparent());
    }
    process.pass(59);
    expect(laneIn(send(outbound, traceparent()))).toBe("ann");
    process.pass(2);
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
  });

  test("it is not written anew by a request in the first half of its time", () => {
    const {inbound, outbound, process} = sidecar({ttl: 60});
    receive(inbound, lane("ann"), traceparent());
    process.pass(20);
    receive(inbound, lane("ann"), traceparent());
    process.pass(41);
    expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
  });
});

describe("its slots", () => {
  const numbered = (count: number) => Array.from({length: count}, (_, i) => (i + 1).toString(16).padStart(32, "0"));
  /** So many ids that come to one slot of 16. */
  const ofOneSlot = (count: number) =>
    numbered(400)
      .filter((id) => slotOf(`hex:${id}`, 16) === 0)
      .slice(0, count);

  test("it keeps to its slots, of four ids each", () => {
    const {inbound, outbound, process} = sidecar({slots: 16});
    const ids = numbered(400);
    for (const id of ids) {
      receive(inbound, lane("ann"), traceparent(id));
      expect(laneIn(send(outbound, traceparent(id)))).toBe("ann");
    }
    const slots = [...process.shared.keys()].filter((key) => key.startsWith("meshlane.trace."));
    expect(slots).toHaveLength(16);
    const found = ids.filter((id) => laneIn(send(outbound, traceparent(id))) === "ann");
    expect(found).toHaveLength(64);
  });

  test("in a full slot the newer takes the place of the one that expires first", () => {
    const {inbound, outbound, process} = sidecar({slots: 16});
    const [renewed = "", oldest = "", ...others] = ofOneSlot(5);
    for (const id of [renewed, oldest, ...others.slice(0, 2)]) {
      receive(inbound, lane("ann"), traceparent(id));
      process.pass(10);
    }
    receive(inbound, lane("ann"), traceparent(renewed));
    receive(inbound, lane("bob"), traceparent(others[2]));
    const found = [renewed, oldest, ...others].map((id) => laneIn(send(outbound, traceparent(id))));
    expect(found).toEqual(["ann", undefined, "ann", "ann", "bob"]);
  });

  test("those of one slot do not know of each other", () => {
    const {inbound, outbound, process} = sidecar({slots: 16});
    const [first, clashing, expired, last] = ofOneSlot(4);
    receive(inbound, lane("eve"), traceparent(expired));
    process.pass(30);
    receive(inbound, lane("ann"), traceparent(first));
    receive(inbound, lane("ann"), traceparent(clashing));
    process.pass(29.999);
    receive(inbound, traceparent(clashing));
    process.pass(0.002);
    receive(inbound, lane("bob"), traceparent(last));
    const found = [first, clashing, expired, last].map((id) => laneIn(send(outbound, traceparent(id))));
    expect(found).toEqual(["ann", undefined, undefined, "bob"]);
  });

  test("a slot that is full of longest ids and lanes is read to its end", () => {
    const {inbound, outbound} = sidecar({slots: 16, traceIds: ["x-datadog-trace-id", "sw8", "x-request-id"]});
    const longest = "a".repeat(63);
    const ids = Array.from({length: 200}, (_, i) => `${String(i).padStart(3, "0")}${"r".repeat(125)}`);
    for (const id of ids) {
      receive(inbound, lane(longest), ["x-request-id", id]);
      expect(laneIn(send(outbound, ["x-request-id", id]))).toBe(longest);
    }
    expect(ids.filter((id) => laneIn(send(outbound, ["x-request-id", id])) === longest)).toHaveLength(64);
  });

  test("of 1000 requests at the same time none is lost", () => {
    const {inbound, outbound} = sidecar();
    const ids = numbered(1000);
    for (const id of ids) receive(inbound, lane("ann"), traceparent(id));
    expect(ids.filter((id) => laneIn(send(outbound, traceparent(id))) !== "ann")).toEqual([]);
  });

  test("a slot is written as the contract says", () => {
    const {inbound, process} = sidecar({ttl: 60, slots: 16});
    receive(inbound, lane("ann"), traceparent());
    const now = process.now + 60_000_000_000n;
    const [slot, ...others] = [...process.shared].filter(([key]) => key.startsWith("meshlane.trace."));
    expect(others).toEqual([]);
    expect(slot?.[0]).toHaveLength("meshlane.trace.".length + 4);
    const value = Buffer.from(slot?.[1].value ?? "", "latin1");
    expect([value.readBigUInt64LE(0), value[9]]).toEqual([now, 3]);
    expect(value.subarray(10 + (value[8] ?? 0)).toString("latin1")).toBe("ann");
    expect(value.toString("latin1")).toContain(TRACE);
    const seen = Buffer.from(process.shared.get("meshlane.seen")?.value ?? "", "latin1");
    expect(seen.readBigUInt64LE(0)).toBeGreaterThanOrEqual(now);
    expect([...process.shared.keys()].every((key) => key.startsWith("meshlane."))).toBe(true);
  });

  test("values that are no slots give nothing and never trap", () => {
    const {inbound, outbound, process} = sidecar();
    receive(inbound, lane("ann"), traceparent());
    const [key = ""] = [...process.shared.keys()].filter((one) => one.startsWith("meshlane.trace."));
    const good = process.shared.get(key)?.value ?? "";
    const broken = ["", "x", good.slice(0, 9), good.slice(0, -1), good.replace("ann", "a\xffn"), "\xff".repeat(500)];
    for (const value of broken) {
      process.write(key, value, 0);
      expect(laneIn(send(outbound, traceparent()))).toBeUndefined();
    }
    for (const value of ["x", "\xff".repeat(7), "\xff".repeat(100)]) {
      process.write("meshlane.seen", value, 0);
      send(outbound, traceparent());
      receive(inbound, traceparent());
    }
  });
});

describe("two workers that write one slot at the same time", () => {
  test.each([
    ["bob", undefined],
    ["ann", "ann"],
  ])("ann and %s come to %s", (second, expected) => {
    const process = new Process();
    const [one, two] = [sidecar({}, process), sidecar({}, process)];
    // Held, expired and seen: from here on the slot exists, as cas has a meaning only then.
    receive(one.inbound, lane("old"), traceparent());
    process.pass(61);
    let fired = false;
    one.inbound.vm.faults.set("proxy_set_shared_data", (nth) => {
      // The first write says that a lane was seen, the second is the slot's.
      if (nth === 2) {
        fired = true;
        receive(two.inbound, lane(second), traceparent());
      }
      return undefined;
    });
    one.inbound.vm.reset();
    receive(one.inbound, lane("ann"), traceparent());
    expect(fired).toBe(true);
    expect(laneIn(send(two.outbound, traceparent()))).toBe(expected);
  });
});
