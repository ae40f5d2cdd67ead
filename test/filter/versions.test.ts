import {readFileSync} from "node:fs";
import {describe, expect, test} from "vitest";
import {compileMesh, playgroundFacts} from "../../manager/compile/index.ts";
import type {GroupPlan} from "../../manager/compile/plan.ts";
import {loadMesh} from "../../manager/model/index.ts";
import {
  edgeConfig,
  entryConfig,
  type FilterConfig,
  gatewayOutboundConfig,
  inboundConfig,
  namespaceOutboundConfig,
  outboundConfig,
} from "../../manager/render/filter-config.ts";
import {slotOf} from "../reference/trace-ids.ts";
import {TRACE_HEADERS} from "../reference/trace-ids.ts";
import {lane, laneIn, MESH, properties, receive, send, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";
import {module, Vm} from "./host.ts";
import {kinds} from "./kinds.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";

const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/v0.1.0/${name}`, import.meta.url));

/** What the manager of 0.1.0 wrote, with each of its functions. */
const oldConfigurations = JSON.parse(fixture("configurations.json").toString()) as FilterConfig[];

const oldModules = new Map(
  ["inbound", "outbound", "edge", "edge-response"].map((name) => [
    name,
    new WebAssembly.Module(fixture(`${name}.wasm`)),
  ]),
);

function start(age: "old" | "new", {module: name, configuration}: FilterConfig, process?: Process): Root {
  const vm = new Vm(age === "old" ? oldModules.get(name)! : module(name), process);
  return vm.configure(configuration);
}

/** The sample shop's group, as the manager compiles it today; where no key is named, the edge issues one. */
function sampleGroups({issue}: {issue: boolean}): readonly GroupPlan[] {
  const texts = ["shop", "playground"].map((name) => {
    const text = readFileSync(new URL(`../../deploy/samples/${name}.yaml`, import.meta.url), "utf8");
    return {name, text: issue ? text.replace(/^ *stickyBy:\n.*\n/m, "") : text};
  });
  const {mesh} = loadMesh(texts);
  return compileMesh(mesh, playgroundFacts(mesh.playground!), {}).groups;
}

const settings = {traceIds: [...TRACE_HEADERS], plainText: false};

/** What today's manager writes for a mesh that needs nothing that is newer than 0.1.0. */
const newConfigurations = [
  inboundConfig(settings),
  inboundConfig({traceIds: [], plainText: true}),
  outboundConfig(settings),
  outboundConfig(settings, "ann"),
  namespaceOutboundConfig(settings, {lanes: [], fallbacks: []}, []),
  gatewayOutboundConfig(settings),
  ...[false, true].flatMap((issue) => {
    const groups = sampleGroups({issue});
    return [edgeConfig(settings, groups), entryConfig(settings, groups)];
  }),
];

const rows = (list: FilterConfig[]): [string, FilterConfig][] => list.map((one, i) => [`${i}: ${one.module}`, one]);

describe("a newer manager and an older filter", () => {
  test.each(rows(newConfigurations))("what needs nothing new is accepted: %s", (_name, config) => {
    const root = start("old", config);
    expect(root.vm.logs).toEqual([]);
    expect(root.accepted).toBe(true);
  });

  test.each([
    ["except", {module: "inbound", configuration: {version: 1, except: [{app: "door"}]}}],
    ["pods", {module: "outbound", configuration: {version: 1, pods: {fallbacks: ["ann"]}}}],
    ["mesh.egress", {module: "outbound", configuration: {version: 1, mesh: {egress: ["out.example.com"]}}}],
  ] as [string, FilterConfig][])("what it cannot do is refused by name: %s", (field, config) => {
    const root = start("old", config);
    expect(root.accepted).toBe(false);
    expect(root.vm.logs.map(({text}) => text)).toEqual([`meshlane: ${field}: is not a field here`]);
    expect(start("new", config).accepted).toBe(true);
  });
});

describe("an older manager and a newer filter", () => {
  test.each(rows(oldConfigurations))("what it wrote is accepted: %s", (_name, config) => {
    const root = start("new", config);
    expect(root.vm.logs).toEqual([]);
    expect(root.accepted).toBe(true);
  });

  test.each(rows(oldConfigurations))("and means what it meant: %s", (_name, config) => {
    const [old, now] = (["old", "new"] as const).map((age) => start(age, config));
    const requests = [...kinds[config.module]!.requests, ...sampleRequests];
    for (const headers of requests) {
      for (const mtls of [true, false]) {
        const context = properties({cluster: MESH, mtls, source: "127.0.0.1:80"});
        const [before, after] = [old!, now!].map((root) => {
          const stream = root.request(headers, context);
          const response = stream.respond();
          stream.end();
          return [stream.requestHeaders.list(), response.list()];
        });
        expect(after).toEqual(before);
      }
    }
  });
});

const sampleRequests: Header[][] = [
  [[":authority", "ann.shop.localhost"]],
  [
    ["x-swimlane-asked", "next"],
    ["x-swimlane-asked-baggage", "a=1,swimlane=bob"],
  ],
  ...Array.from({length: 20}, (_, i): Header[] => [["cookie", `uid=${i}`]]),
];

describe("both in one proxy, while one takes over from the other", () => {
  test.each([
    ["old", "new"],
    ["new", "old"],
  ] as const)("what %s inbound remembers, %s outbound restores", (first, second) => {
    const process = new Process();
    const into = start(first, inboundConfig(settings), process);
    const out = start(second, outboundConfig(settings), process);
    receive(into, lane("ann"), traceparent());
    expect(laneIn(send(out, traceparent()))).toBe("ann");
  });

  test.each([
    ["old", "old", [undefined, "ann"]],
    ["new", "new", ["ann", "ann"]],
    ["old", "new", [undefined, "ann"]],
    // 0.1.0 takes a list of two for no slot (decision 16).
    ["new", "old", [undefined, undefined]],
  ] as const)("of two ids in one slot that %s inbound remembers, %s outbound restores %j", (first, second, lanes) => {
    const process = new Process();
    const into = start(first, inboundConfig(settings), process);
    const out = start(second, outboundConfig(settings), process);
    const ids = idsOfOneSlot();
    for (const id of ids) receive(into, lane("ann"), traceparent(id));
    expect(ids.map((id) => laneIn(send(out, traceparent(id))))).toEqual(lanes);
  });
});

/** Two trace ids that come to one of 65,536 slots. */
function idsOfOneSlot(): [string, string] {
  const bySlot = new Map<number, string>();
  for (let number = 1; ; number++) {
    const id = number.toString(16).padStart(32, "0");
    const slot = slotOf(`hex:${id}`);
    const other = bySlot.get(slot);
    if (other !== undefined) return [other, id];
    bySlot.set(slot, id);
  }
}
