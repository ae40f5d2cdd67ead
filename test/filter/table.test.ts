import {describe, expect, test} from "vitest";
import {lane, laneIn, receive, send, TRACE, traceparent} from "./drive.ts";
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
  test("it keeps to its slots, and on a collision the newer wins", () => {
    const {inbound, outbound, process} = sidecar({slots: 16});
    const ids = Array.from({length: 400}, (_, i) => (i + 1).toString(16).padStart(32, "0"));
    for (const id of ids) {
      receive(inbound, lane("ann"), traceparent(id));
      expect(laneIn(send(outbound, traceparent(id)))).toBe("ann");
    }
    const slots = [...process.shared.keys()].filter((key) => key.startsWith("meshlane.trace."));
    expect(slots).toHaveLength(16);
    const found = ids.filter((id) => laneIn(send(outbound, traceparent(id))) === "ann");
    expect(found).toHaveLength(16);
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
    const broken = [
      "",
      "x",
      good.slice(0, 9),
      good.slice(0, -1),
      `${good}x`,
      good.replace("ann", "a\xffn"),
      "\xff".repeat(500),
    ];
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
