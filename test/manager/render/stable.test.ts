import {expect, test} from "vitest";
import type {Files} from "../../../manager/render/envoy/index.ts";
import {render, sampleTexts} from "./sample.ts";

const [lanes = "", shop = ""] = sampleTexts;
const bytes = (files: Files): string => JSON.stringify(files);
const lanesTurned = lanes.split("\n---\n").toReversed().join("\n---\n");

/** The configuration of a filter, parsed. */
function configuration(files: Files, path: string): Record<string, unknown> {
  const [, text = ""] = /"value":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(files[path])) ?? [];
  return JSON.parse(JSON.parse(`"${text}"`) as string) as Record<string, unknown>;
}

function version(files: Files, path: string): unknown {
  return files[path]?.["version_info"];
}

test("the same objects give the same bytes", () => {
  expect(bytes(render(sampleTexts))).toBe(bytes(render(sampleTexts)));
});

test("neither the order of the files nor that of their objects matters", () => {
  expect(lanesTurned).not.toBe(lanes);
  expect(bytes(render([shop, lanes]))).toBe(bytes(render(sampleTexts)));
  expect(bytes(render([lanesTurned, shop]))).toBe(bytes(render(sampleTexts)));
});

test("the order of labels does not matter", () => {
  const labelled = (labels: string): string => lanes.replace("labels: {version: v2}", `labels: ${labels}`);
  const shopOf = shop.replaceAll("labels: {version: v2}", "labels: {version: v2, track: new}");
  const one = render([labelled("{version: v2, track: new}"), shopOf]);
  expect(bytes(render([labelled("{track: new, version: v2}"), shopOf]))).toBe(bytes(one));
});

test("a new lane changes the routes of the services that it overrides, and no sidecar's filter", () => {
  const added = `${lanes}\n---\napiVersion: meshlane.dev/v1alpha1\nkind: SwimLane\nmetadata: {name: zoe, namespace: shop}\nspec: {services: [{name: ledger, to: ledger--team-a}]}\n`;
  const [before, after] = [render(sampleTexts), render([added, shop])];
  const changed = Object.keys(after).filter((path) => version(before, path) !== version(after, path));
  expect(changed).toEqual(["clusters.json", "routes/shop@ledger.json"]);
});

test("a workload that is not ready is told as an endpoint that takes nothing, and nothing else changes", () => {
  const [before, after] = [render(sampleTexts), render(sampleTexts, {unready: new Set(["cart--ann"])})];
  const changed = Object.keys(after).filter((path) => bytes({path: after[path]!}) !== bytes({path: before[path]!}));
  expect(changed).toEqual(["endpoints/outbound~80~~cart--ann.shop.json"]);
  expect(bytes(after)).toContain("UNHEALTHY");
});

test("the workload of one lane knows its lane; one of a lane that is a fallback, and the baseline, know none", () => {
  const files = render(sampleTexts);
  expect(configuration(files, "proxies/payment--bob/outbound.json")).toMatchObject({lane: "bob"});
  expect(configuration(files, "proxies/cart-v2/outbound.json")).toMatchObject({lane: "next"});
  for (const workload of ["ledger--team-a", "cart-v1", "frontend"]) {
    expect(configuration(files, `proxies/${workload}/outbound.json`)).not.toHaveProperty("lane");
  }
});

test("without the filter the same listeners hold modules that decide nothing", () => {
  const [before, after] = [render(sampleTexts), render(sampleTexts, {withoutFilter: true})];
  expect(after["proxies/edge/bootstrap.json"]).toEqual(before["proxies/edge/bootstrap.json"]);
  const modules = bytes(after).match(/modules\/[^"]*\.wasm/g);
  expect(new Set(modules)).toEqual(new Set(["modules/empty.wasm"]));
});
