import fc from "fast-check";
import {beforeAll, describe, expect, test} from "vitest";
import {common, groups, sidecar} from "./arbitrary.ts";
import {properties} from "./drive.ts";
import {Vm} from "./host.ts";
import {failure} from "./report.ts";

let modules: Vm[] = [];
beforeAll(() => {
  modules = ["inbound", "outbound", "edge", "edge-response"].map((name) => Vm.load(name));
});

/** Whether each module accepts the configuration in silence or refuses it with one line, and goes on without a trap. */
function isTaken(configuration: Uint8Array): boolean {
  return modules.every((vm) => {
    vm.reset();
    const root = vm.configure(configuration);
    root.request([[":path", "/"]], properties({})).end();
    root.remove();
    return vm.logs.length === (root.accepted ? 0 : 1);
  });
}

describe("a configuration is accepted, or refused with one line, and never traps", () => {
  test("random bytes", () => {
    expect(failure(fc.property(fc.uint8Array({maxLength: 200}), isTaken), 1000)).toBeUndefined();
  });

  test("random JSON", () => {
    const text = fc.json({maxDepth: 4}).map((json) => Buffer.from(json));
    expect(failure(fc.property(text, isTaken), 1000)).toBeUndefined();
  });

  test("a valid one with some bytes changed", () => {
    const edges = fc.record({common, groups}).map((one) => ({...one.common, groups: one.groups}));
    const inbounds = sidecar.map((one) => ({...one.common, except: one.except}));
    const outbounds = sidecar.map((one) => ({...one.common, pods: one.pods, mesh: {egress: one.egress}}));
    const valid = fc.oneof(edges, inbounds, outbounds).map((one) => JSON.stringify({version: 1, ...one}));
    const change = fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:0-.e\\tn ')), fc.nat(255)));
    const changes = fc.array(change, {maxLength: 3});
    const changed = fc.tuple(valid, changes, fc.option(fc.nat())).map(([text, list, cut]) => {
      const bytes = Buffer.from(text);
      for (const [at, value] of list) bytes[at % bytes.length] = value;
      return cut === null ? bytes : bytes.subarray(0, cut % bytes.length);
    });
    expect(failure(fc.property(changed, isTaken), 1000)).toBeUndefined();
  });
});
