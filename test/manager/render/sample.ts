import {readFileSync} from "node:fs";
import {join} from "node:path";
import {compileMesh, playgroundFacts} from "../../../manager/compile/index.ts";
import {loadMesh} from "../../../manager/model/index.ts";
import {assignPorts, type EnvoyOptions, type Files, renderEnvoy} from "../../../manager/render/envoy/index.ts";

const samples = join(import.meta.dirname, "..", "..", "..", "deploy", "samples");

/** The texts of the sample shop: its lanes, its services. */
export const sampleTexts = ["shop.yaml", "playground.yaml"].map((name) => readFileSync(join(samples, name), "utf8"));

/** The files of a shop, with ports from 20000 on. */
export function render(texts: readonly string[], options: Omit<EnvoyOptions, "ports"> = {}): Files {
  const {mesh} = loadMesh(texts.map((text, index) => ({name: `${index}.yaml`, text})));
  if (mesh.playground === undefined) throw new Error("no playground in these texts");
  let port = 20_000;
  const ports = assignPorts(mesh.playground, () => port++);
  return renderEnvoy(compileMesh(mesh, playgroundFacts(mesh.playground), {}), mesh.playground, {ports, ...options});
}
