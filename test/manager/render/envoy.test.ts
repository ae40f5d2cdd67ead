import {execFile} from "node:child_process";
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {promisify} from "node:util";
import {afterAll, beforeAll, expect, test} from "vitest";
import {Authority} from "../../../manager/playground/envoy/certificates.ts";
import {findEnvoy} from "../../../manager/playground/envoy/binary.ts";
import type {Files} from "../../../manager/render/envoy/index.ts";
import type {JsonObject} from "../../../manager/render/filter-config.ts";
import {render, sampleTexts} from "./sample.ts";

/** Entry services, plain text, a host outside the mesh, a fixed port, a strict service: what the sample has not. */
const OTHER = `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: bank, namespace: bank}
spec:
  services: [desk, vault]
  strict: [vault]
  entry: {services: [desk], lane: [{cookie: lane, anyone: true}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: new, namespace: bank}
spec: {services: [{name: vault, to: vault--new}], weight: 5}
---
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: bank, namespace: bank}
spec:
  plainText: accept
  external: [{name: rates, address: "[::1]:9000"}]
  services:
    - {name: desk, calls: [{service: vault, port: 9100}, rates], workloads: [{name: desk, address: "127.0.0.1:9200"}]}
    - {name: vault, workloads: [{name: vault, address: "127.0.0.1:9201", protocol: http1}]}
    - {name: vault--new}
`;

const shops: Record<string, readonly string[]> = {sample: sampleTexts, other: [OTHER]};

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "meshlane-render-"));
  const authority = await Authority.create();
  const {cert, key} = await authority.issue("shop/any");
  for (const [shop, texts] of Object.entries(shops)) {
    for (const [path, content] of Object.entries(render(texts))) {
      const file = join(folder, shop, path);
      mkdirSync(dirname(file), {recursive: true});
      writeFileSync(file, JSON.stringify(content));
      const pems = {"cert.pem": cert, "key.pem": key, "ca.pem": authority.certificate};
      for (const [name, pem] of Object.entries(pems)) writeFileSync(join(dirname(file), name), pem);
    }
  }
});
afterAll(() => rmSync(folder, {recursive: true}));

/** What Envoy has against the bootstrap file of that folder; empty when it takes it. */
async function complaint(envoy: string, cwd: string, file: string): Promise<string> {
  const args = ["--mode", "validate", "--log-level", "error", "-c", file];
  return promisify(execFile)(envoy, args, {cwd}).then(
    () => "",
    (error: Error) => error.message,
  );
}

/** What the proxies are told later, as part of one bootstrap, since Envoy reads no watched file when it validates. */
function inlined(files: Files): JsonObject {
  const resources = (path: string): JsonObject[] => files[path]?.["resources"] as unknown as JsonObject[];
  const untyped = (resource: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(resource).filter(([field]) => field !== "@type"));
  const routes = Object.keys(files).filter((path) => path.startsWith("routes/"));
  const managers = routes.map((path) => ({
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      stat_prefix: "http",
      route_config: untyped(resources(path)[0]!),
      http_filters: [
        {
          name: "envoy.filters.http.router",
          typed_config: {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
        },
      ],
    },
  }));
  return {
    node: {id: "all", cluster: "all"},
    static_resources: {
      clusters: [
        ...resources("clusters.json").map(untyped),
        {name: "inbound|80||", type: "STATIC", load_assignment: {cluster_name: "inbound|80||"}},
      ],
      listeners: managers.map((manager, index) => ({
        name: `${index}`,
        address: {socket_address: {address: "127.0.0.1", port_value: 20_000 + index}},
        filter_chains: [{filters: [manager]}],
      })),
    },
  };
}

const versions = ["1.40.0", "1.37.0"] as const;
const all = versions.flatMap((version) => Object.keys(shops).map((shop) => [version, shop] as const));

test.each(all)("Envoy %s takes every bootstrap, cluster and route of the %s shop", async (version, shop) => {
  const envoy = await findEnvoy({version});
  const files = render(shops[shop]!);
  const somewhere = join(folder, shop, "proxies", "edge");
  writeFileSync(join(somewhere, "inlined.json"), JSON.stringify(inlined(files)));
  expect(await complaint(envoy, somewhere, "inlined.json")).toBe("");
  for (const path of Object.keys(files).filter((name) => name.endsWith("bootstrap.json"))) {
    expect(await complaint(envoy, join(folder, shop, dirname(path)), "bootstrap.json")).toBe("");
  }
});

test("a field that Envoy does not know is refused, so the tests above can fail", async () => {
  const cwd = join(folder, "sample", "proxies", "edge");
  writeFileSync(join(cwd, "bad.json"), JSON.stringify({node: {id: "x", cluster: "x"}, no_such_field: 1}));
  expect(await complaint(await findEnvoy({version: "1.40.0"}), cwd, "bad.json")).toContain("no_such_field");
});
