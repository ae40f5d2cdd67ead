import type {Results} from "./main.ts";
import type {Memory, OnMesh} from "./on-mesh.ts";
import type {Reach} from "./reach.ts";
import type {CostEstimate} from "./requests.ts";
import {LANES, type Way, WAYS} from "./scenario.ts";
import type {Estimate} from "./statistics.ts";

export interface Bar {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  readonly met: boolean;
}

const MAX_OBJECT = 512 * 1024;

/** What must be reached, and whether it was. */
export function barsOf({offline, mesh}: Results): Bar[] {
  const last = mesh.ways.native.costs.filter(
    ({lanes}) => lanes === Math.max(...mesh.ways.native.costs.map((each) => each.lanes)),
  );
  return [
    ...WAYS.map((way) => ({
      what: `compile and render, ${way}`,
      bar: "at most 1 s",
      measured: `${milliseconds(offline[way].renderMs)} (CPU ${milliseconds(offline[way].renderCpuMs)})`,
      met: offline[way].renderMs <= 1000,
    })),
    ...WAYS.map((way) => ({
      what: `istioctl analyze, ${way}`,
      bar: "0 errors",
      measured: `${messagesOf(offline[way].analyze)}`,
      met: offline[way].analyze?.["Error"] === 0,
    })),
    ...WAYS.map((way) => ({
      what: `largest object, ${way}`,
      bar: "below 512 KiB",
      measured: kib(offline[way].largest.bytes),
      met: offline[way].largest.bytes < MAX_OBJECT,
    })),
    ...last.map(({kind, ofOneLane}) => ({
      what: `CPU per request at 500 lanes to 1, native, request of ${kind === "lane" ? "the last lane" : "no lane"}`,
      bar: "at most 1.05",
      measured: interval(ofOneLane, 3),
      met: ofOneLane.median <= 1.05,
    })),
    ...reaches(mesh).map(({where, reach}) => ({
      what: `from apply to the first request, ${where}`,
      bar: "p50 at most 1 s",
      measured: `${interval(reach.first, 0)} ms`,
      met: reach.first.median <= 1000,
    })),
  ];
}

function reaches(mesh: OnMesh): {where: string; reach: Reach}[] {
  return [
    ...WAYS.map((way) => ({where: `small mesh, ${way}`, reach: mesh.small[way]})),
    ...WAYS.map((way) => ({where: `beside ${LANES} lanes, ${way}`, reach: mesh.ways[way].reach})),
  ];
}

export function tableOf(results: Results): string {
  const {machine, lanes, services, seconds, mesh} = results;
  return [
    `# ${lanes} lanes over ${services} services`,
    "",
    `A machine of ${machine.cores} cores, Node ${machine.node}, ${mesh.proxies} proxies; load average ${machine.loadBefore.toFixed(1)} at the start, ${machine.loadAfter.toFixed(1)} at the end; the run took ${seconds.toFixed(0)} s. Brackets: 95 % interval of the median. How to read it: [bench/README.md](../README.md).`,
    "",
    "## Bars",
    "",
    ...rows(
      ["what", "bar", "measured", ""],
      barsOf(results).map((bar) => [bar.what, bar.bar, bar.measured, bar.met ? "met" : "**not met**"]),
    ),
    "",
    "## Compile and render",
    "",
    ...offlineRows(results),
    "",
    "## The mesh",
    "",
    ...meshRows(results),
    "",
    "## CPU of the caller's sidecar for one request, microseconds",
    "",
    ...costRows(results),
    "",
    "![CPU per request by the number of lanes](scale-requests.svg)",
    "",
    "## From `meshlane apply` to the first request in the new lane, ms",
    "",
    ...reachRows(results),
    "",
    "![From apply to the first request](scale-apply.svg)",
    "",
  ].join("\n");
}

function offlineRows({offline}: Results): string[] {
  const row = (what: string, value: (way: Way) => string): string[] => [what, ...WAYS.map(value)];
  return rows(
    ["", ...WAYS],
    [
      row("read and check the lanes' texts", (way) => milliseconds(offline[way].loadMs)),
      row("facts, compile, render", (way) => milliseconds(offline[way].renderMs)),
      row("its CPU time", (way) => milliseconds(offline[way].renderCpuMs)),
      row("`meshlane render`, all of it", (way) => milliseconds(offline[way].commandMs)),
      row("objects", (way) => `${offline[way].objects}, ${kib(offline[way].bytes)}`),
      row("largest object", (way) => `${kib(offline[way].largest.bytes)} (${offline[way].largest.name})`),
      row("istioctl analyze", (way) => messagesOf(offline[way].analyze)),
    ],
  );
}

function meshRows({mesh}: Results): string[] {
  const {before, workloadPushes, ways} = mesh;
  const states = [
    ["200 Services", before.services, undefined, undefined],
    ["+ Services of the lanes' workloads", before.workloads, workloadPushes, undefined],
    ...WAYS.map((way) => [`+ lanes, ${way}`, ways[way].memory, ways[way].pushes, ways[way].applyMs] as const),
  ] as const;
  return rows(
    [
      "state",
      "Envoy allocated",
      "Envoy resident",
      "`apply --wait`",
      "pushes: mean (count)",
      "convergence: mean, slowest below",
    ],
    states.map(([what, memory, pushes, applyMs]) => [
      what,
      ...memoryCells(memory),
      applyMs === undefined ? "" : `${(applyMs / 1000).toFixed(1)} s`,
      Object.entries(pushes?.types ?? {})
        .map(([type, {meanMs, count}]) => `${type} ${meanMs.toFixed(1)} ms (${count})`)
        .join(", "),
      pushes === undefined
        ? ""
        : `${milliseconds(pushes.convergence.meanMs)}, ${milliseconds(pushes.convergence.belowMs)}`,
    ]),
  );
}

function memoryCells({allocated, resident}: Memory): string[] {
  return [allocated, resident].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
}

function costRows({mesh}: Results): string[] {
  const all = WAYS.flatMap((way) => mesh.ways[way].costs.map((cost) => ({way, cost})));
  return rows(
    ["way", "request of", "lanes", "microseconds", "to one lane", "rounds"],
    all.map(({way, cost}) => [way, ...costCells(cost)]),
  );
}

function costCells({kind, lanes, microseconds, ofOneLane}: CostEstimate): string[] {
  const to = lanes === 1 ? "1" : interval(ofOneLane, 3);
  return [
    kind === "lane" ? "the last lane" : "no lane",
    `${lanes}`,
    interval(microseconds, 1),
    to,
    `${microseconds.samples}`,
  ];
}

function reachRows({mesh}: Results): string[] {
  return rows(
    ["", "first request", "the command itself", "its CPU time", "istiod, mean of the proxies", "samples"],
    reaches(mesh).map(({where, reach}) => [
      where,
      interval(reach.first, 0),
      interval(reach.command, 0),
      interval(reach.commandCpu, 0),
      reach.pushes.convergence.meanMs.toFixed(0),
      `${reach.first.samples}`,
    ]),
  );
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)];
}

function interval({median, low, high}: Estimate, digits: number): string {
  return `${median.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

function milliseconds(ms: number): string {
  return Number.isFinite(ms) ? `${ms.toFixed(0)} ms` : "-";
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}

function messagesOf(counts: Readonly<Record<string, number>> | undefined): string {
  if (counts === undefined) return "not run";
  return Object.entries(counts)
    .map(([level, count]) => `${level}: ${count}`)
    .join(", ");
}
