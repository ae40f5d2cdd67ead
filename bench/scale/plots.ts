import type {OnMesh} from "./on-mesh.ts";
import {KINDS} from "./requests.ts";
import {LANE_COUNTS, WAYS} from "./scenario.ts";

const SIZE = {width: 720, height: 400};
const AREA = {left: 64, right: 700, top: 44, bottom: 350};
const COLOURS = {native: "#1b7f5c", routes: "#c2571a"} as const;

/** CPU per request over the number of lanes: a line a way and kind of request, bars for the intervals. */
export function plotRequests({ways}: OnMesh): string {
  const all = WAYS.flatMap((way) => ways[way].costs);
  const top = Math.max(...all.map(({microseconds}) => microseconds.high)) * 1.05;
  const across = (lanes: number): number => {
    const part = Math.log(lanes) / Math.log(LANE_COUNTS.at(-1)!);
    return Math.round(AREA.left + 30 + part * (AREA.right - AREA.left - 60));
  };
  const up = (value: number): number => AREA.bottom - (value / top) * (AREA.bottom - AREA.top);
  const lines = WAYS.flatMap((way) =>
    KINDS.flatMap((kind, index) => {
      const costs = ways[way].costs.filter((cost) => cost.kind === kind);
      const stroke = `stroke="${COLOURS[way]}" ${kind === "baseline" ? 'stroke-dasharray="5 4" ' : ""}fill="none"`;
      const points = costs.map(({lanes, microseconds}) => `${across(lanes)},${up(microseconds.median).toFixed(1)}`);
      const intervals = costs.map(({lanes, microseconds}) => {
        const x = across(lanes) + (index === 0 ? -2 : 2);
        return `<path d="M${x} ${up(microseconds.low).toFixed(1)}V${up(microseconds.high).toFixed(1)}" ${stroke}/>`;
      });
      return [`<polyline points="${points.join(" ")}" stroke-width="2" ${stroke}/>`, ...intervals];
    }),
  );
  return plot("CPU of the caller's sidecar for one request (microseconds) by lanes on the service", [
    ...scale(top, up),
    ...LANE_COUNTS.map((lanes) => label(across(lanes), AREA.bottom + 18, `${lanes}`)),
    ...lines,
    ...legend(),
  ]);
}

function legend(): string[] {
  const entries = WAYS.flatMap((way) => KINDS.map((kind) => ({way, kind})));
  return entries.map(({way, kind}, index) => {
    const x = AREA.left + 10 + index * 160;
    const dashes = kind === "baseline" ? ' stroke-dasharray="5 4"' : "";
    const text = `${way}, ${kind === "lane" ? "last lane" : "no lane"}`;
    return `<path d="M${x} 386h24" stroke="${COLOURS[way]}" stroke-width="2"${dashes}/>${label(x + 30, 390, text, "start")}`;
  });
}

/** A dot for every lane that was applied; a line at one second. */
export function plotApplies({small, ways}: OnMesh): string {
  const columns = [
    ...WAYS.map((way) => ({way, name: `small mesh, ${way}`, reach: small[way]})),
    ...WAYS.map((way) => ({way, name: `beside 500, ${way}`, reach: ways[way].reach})),
  ];
  const top = Math.max(1100, ...columns.flatMap(({reach}) => reach.samples)) * 1.05;
  const up = (value: number): number => AREA.bottom - (value / top) * (AREA.bottom - AREA.top);
  const width = (AREA.right - AREA.left) / columns.length;
  const dots = columns.flatMap(({way, name, reach}, column) => {
    const middle = AREA.left + (column + 0.5) * width;
    const spread = (index: number): number => middle + ((index / reach.samples.length) * 2 - 1) * width * 0.3;
    return [
      ...reach.samples.map(
        (ms, index) =>
          `<circle cx="${spread(index).toFixed(1)}" cy="${up(ms).toFixed(1)}" r="3" fill="${COLOURS[way]}" opacity="0.6"/>`,
      ),
      `<path d="M${middle - width * 0.35} ${up(reach.first.median).toFixed(1)}h${width * 0.7}" stroke="#222" stroke-width="2"/>`,
      label(middle, AREA.bottom + 18, name),
    ];
  });
  const bar = `<path d="M${AREA.left} ${up(1000).toFixed(1)}H${AREA.right}" stroke="#b00020" stroke-dasharray="6 4"/>`;
  return plot("From meshlane apply to the first request in the new lane (ms); the line is one second", [
    ...scale(top, up),
    bar,
    ...dots,
  ]);
}

function scale(top: number, up: (value: number) => number): string[] {
  const step = 10 ** Math.floor(Math.log10(top)) * (top / 10 ** Math.floor(Math.log10(top)) > 4 ? 1 : 0.5);
  const marks = Array.from({length: Math.floor(top / step) + 1}, (_, index) => index * step);
  return marks.map((mark) => {
    const y = up(mark).toFixed(1);
    return `<path d="M${AREA.left} ${y}H${AREA.right}" stroke="#ddd"/>${label(AREA.left - 8, Number(y) + 4, `${mark}`, "end")}`;
  });
}

function label(x: number, y: number, text: string, anchor = "middle"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${text}</text>`;
}

function plot(title: string, parts: readonly string[]): string {
  const {width, height} = SIZE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    label(width / 2, 22, title).replace("<text", '<text font-size="14"'),
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}
