import {readFileSync} from "node:fs";
import {fileURLToPath} from "node:url";
import asc from "assemblyscript/asc";
import {describe, expect, test} from "vitest";
import {module, Vm} from "./host.ts";

const ALWAYS = ["memory", "proxy_abi_version_0_2_1", "proxy_on_memory_allocate"];
const REQUEST = [...ALWAYS, "proxy_on_configure", "proxy_on_context_create", "proxy_on_request_headers"];
/** What each module exports, and nothing else: Envoy calls whatever is there. */
const EXPORTS: Record<string, string[]> = {
  empty: ALWAYS,
  inbound: REQUEST,
  outbound: REQUEST,
  "outbound-playground": [...REQUEST, "proxy_on_response_headers"],
  edge: REQUEST,
  "edge-response": [...REQUEST, "proxy_on_response_headers"],
};
/** Callbacks that cost where they are exported; variants that keep something by stream may need them. */
const MAY = ["proxy_on_delete", "proxy_on_done"];

describe.each(Object.keys(EXPORTS))("%s", (name) => {
  test("exports only the callbacks that it needs", () => {
    const found = WebAssembly.Module.exports(module(name)).map((one) => one.name);
    const wanted = EXPORTS[name] ?? [];
    const optional = wanted.includes("proxy_on_response_headers") ? MAY : [];
    expect(found.filter((one) => !optional.includes(one)).sort()).toEqual([...wanted].sort());
  });

  test("imports only what Envoy offers", () => {
    expect(() => new Vm(module(name))).not.toThrow();
    const spaces = WebAssembly.Module.imports(module(name)).map((one) => one.module);
    expect([...new Set(spaces)].filter((space) => space !== "env" && space !== "wasi_snapshot_preview1")).toEqual([]);
  });

  test("has no section but those of the code", () => {
    const bytes = readFileSync(fileURLToPath(new URL(`../../filter/build/${name}.wasm`, import.meta.url)));
    expect(bytes.toString("latin1")).not.toMatch(/sourceMappingURL|\/filter\//);
  });
});

test("the empty module lets everything through", () => {
  const root = Vm.load("empty").configure({});
  const stream = root.request([["x-swimlane", "ann"]]);
  stream.respond();
  stream.end();
  expect(stream.requestHeaders.list()).toEqual([["x-swimlane", "ann"]]);
});

describe("built again, a module has the same bytes", () => {
  test.each(["outbound", "edge-response"])("%s", async (name) => {
    const folder = fileURLToPath(new URL("../..", import.meta.url));
    let bytes: Uint8Array | undefined;
    const writeFile = (_name: string, contents: Uint8Array | string): void => {
      if (typeof contents !== "string") bytes = contents;
    };
    const flags = ["--baseDir", folder, "--config", "asconfig.json", "--outFile", "again.wasm"];
    const {error} = await asc.main([`filter/${name}.ts`, ...flags], {writeFile});
    expect(error).toBeNull();
    const shipped = readFileSync(new URL(`../../filter/build/${name}.wasm`, import.meta.url));
    expect(Buffer.from(bytes ?? []).equals(shipped)).toBe(true);
  });
});
