/** What the sample shop becomes, to be read in review. `npx vitest run test/manager/render -u` writes it anew. */
import {join} from "node:path";
import {format, resolveConfig} from "prettier";
import {expect, test} from "vitest";
import {stringify} from "yaml";
import type {Files} from "../../../manager/render/envoy/index.ts";
import {render, sampleTexts} from "./sample.ts";

const files = render(sampleTexts, {hops: true});

interface Discovery {
  readonly resources?: readonly {readonly name: string}[];
}

const clusters = (files["clusters.json"] as Discovery).resources ?? [];

/** Without the hashes, which a review cannot read, and with the filters' configurations as what they say. */
function readable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => {
    if (key === "version_info") return undefined;
    const {["@type"]: type, value: text} = (inner ?? {}) as {"@type"?: string; value?: string};
    return type?.endsWith("StringValue") && text !== undefined ? JSON.parse(text) : inner;
  });
}

function some(wanted: (path: string) => boolean): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => wanted(path)));
}

test.each<[string, unknown]>([
  ["names", {files: Object.keys(files), clusters: clusters.map(({name}) => name)}],
  ["edge", some((path) => path.startsWith("proxies/edge/"))],
  ["sidecar-of-cart--ann", some((path) => path.startsWith("proxies/cart--ann/"))],
  [
    "service-ledger",
    {
      clusters: clusters.filter(({name}) => name.includes("|ledger")),
      ...some((path) => path.includes("~ledger") || path === "routes/shop@ledger.json"),
    },
  ],
])("%s", async (name, content) => {
  const path = join(import.meta.dirname, "golden", `${name}.yaml`);
  const text = stringify(readable(content), {aliasDuplicateObjects: false, lineWidth: 0});
  await expect(await format(text, {...(await resolveConfig(path)), parser: "yaml"})).toMatchFileSnapshot(path);
});
