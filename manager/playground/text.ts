import type {Answer, HopTree} from "./path.ts";
import {lostAt} from "./path.ts";
import type {SampleRequest} from "./sample-requests.ts";

const HEADINGS = ["SERVICE", "WORKLOAD", "LANE", "CARRIER"];

/** The way of one request, a line a service, callees below their caller. */
export function pathText({request, tree, status, error}: Answer): string {
  const rows = [HEADINGS, ...hopRows(tree, "")];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd());
  const lost = lostAt(tree).map(
    (service) => `  ${request.name} lost at ${service}: it forwards no trace header. Let it forward traceparent`,
  );
  return [`${request.name}: ${error ?? status}`, ...lines, ...lost, ""].join("\n");
}

function hopRows({service, workload, lane, carrier, calls}: HopTree, indent: string): string[][] {
  const row = [indent + service, workload || "(no answer)", lane, carrier];
  return [row, ...calls.flatMap((call) => hopRows(call, `${indent}  `))];
}

/** Ready to paste. */
export function curlLine({name, url, headers}: SampleRequest): string {
  const {hostname, port} = new URL(url);
  const known = hostname === "127.0.0.1" || hostname.endsWith(".localhost");
  const shown = known ? url : url.replace(`${hostname}:${port}`, `127.0.0.1:${port}`);
  const all = known ? headers : {host: hostname, ...headers};
  const options = Object.entries(all).map(([header, value]) => `-H ${quote(`${header}: ${value}`)} `);
  return `curl -s ${options.join("")}${quote(shown)}   # ${name}`;
}

function quote(text: string): string {
  return /^[\w:/.=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
