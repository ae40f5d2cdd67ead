import {afterAll, beforeAll, expect, test} from "vitest";
import {type MeshModule, meshModules} from "../../../manager/compile/module.ts";
import {ownImages, pushArtifact, pushModules, Registry} from "../../../manager/image/index.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {inboundConfig} from "../../../manager/render/filter-config.ts";
import {type Mesh, type PodView, theMesh} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";

const NAMESPACE = "images";
const meshSettings = {traceIds: ["x-request-id"], plainText: false};

let mesh: Mesh;
let pod: PodView;
const urls = new Map<string, {url: string; sha256: string}>();
beforeAll(async () => {
  mesh = await theMesh();
  for (const {module, reference, digest} of await pushModules(mesh.registry, {plainHttp: true})) {
    urls.set(module, {url: `oci://${reference}`, sha256: digest.slice("sha256:".length)});
  }
  await mesh.shop(NAMESPACE, playgroundWith({frontend: {}}), {hosts: ["images.localhost"]});
  pod = await mesh.pod(NAMESPACE, {app: "frontend"});
});
afterAll(() => mesh.removeNamespace(NAMESPACE));

function plugin(module: MeshModule, overrides: object = {}): KubernetesObject & {spec: object} {
  return {
    apiVersion: "extensions.istio.io/v1alpha1",
    kind: "WasmPlugin",
    metadata: {name: module, namespace: NAMESPACE},
    spec: {
      ...urls.get(module),
      failStrategy: "FAIL_CLOSE",
      match: [{mode: "SERVER"}],
      pluginConfig:
        module === "inbound" ? inboundConfig(meshSettings).configuration : {version: 1, traceIds: [], groups: []},
      ...overrides,
    },
  };
}

/** Whether the proxy has taken a filter whose code the agent has fetched under this digest. */
async function hasLoaded({sha256}: {sha256: string}): Promise<boolean> {
  return (await mesh.envoy(pod, "/config_dump?resource=ecds_filters")).includes(`/${sha256}.wasm`);
}

test.each(meshModules)("a sidecar fetches the image of %s, and loads it", async (module) => {
  await mesh.apply(plugin(module));
  try {
    await until(() => hasLoaded(urls.get(module)!), {what: `the sidecar has loaded ${module}`});
    expect(await mesh.request({host: "images.localhost"})).toMatchObject({status: 200, path: "frontend"});
  } finally {
    await mesh.delete(plugin(module));
  }
});

test("an image of another digest than the plugin pins is not loaded", async () => {
  const [outbound] = await ownImages(["outbound"]);
  await pushArtifact(new Registry(mesh.registry, {plainHttp: true}), "pinned", outbound!.image, "v1");
  const wrong = plugin("inbound", {url: `oci://${mesh.registry}/pinned:v1`});
  await mesh.apply(wrong);
  try {
    const denied = async () => (await mesh.request({host: "images.localhost"})).status === 403;
    expect(await until(denied, {what: "the sidecar denies what its filter was to see"})).toBe(true);
  } finally {
    await mesh.delete(wrong);
  }
});
