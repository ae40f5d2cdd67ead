import {readFile} from "node:fs/promises";
import {join} from "node:path";
import {parseAllDocuments} from "yaml";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {urlVariable} from "../../../manager/playground/echo/settings.ts";
import type {Mesh} from "../client/index.ts";

const PORT = 9080;
/** Who calls whom in Bookinfo; version v1 of reviews shows no stars, so it asks nobody for them. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  "productpage-v1": ["details", "reviews"],
  "reviews-v2": ["ratings"],
  "reviews-v3": ["ratings"],
};

interface Container {
  readonly env?: readonly object[];
}
interface DeploymentSpec {
  readonly template: {
    readonly metadata: {readonly labels: {readonly app: string}};
    readonly spec: {readonly containers: readonly Container[]};
  };
}

/** A file of Istio's sample as it stands in the mesh's version of Istio: `networking/bookinfo-gateway.yaml`. */
export async function bookinfo(mesh: Mesh, file: string, namespace: string): Promise<KubernetesObject[]> {
  const text = await readFile(join(mesh.note.istio, "samples", "bookinfo", file), "utf8");
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)
    .map((object) => echoing({...object, metadata: {...object.metadata, namespace}}));
}

/** Echo programs stand in for the images; they forward what Bookinfo's programs forward of a trace. */
function echoing(object: KubernetesObject): KubernetesObject {
  if (object.kind !== "Deployment") return object;
  const spec = object.spec as DeploymentSpec;
  const calls = CALLS[object.metadata.name] ?? [];
  const env = {
    PORT: String(PORT),
    MESHLANE_SERVICE: spec.template.metadata.labels.app,
    MESHLANE_FORWARDS: "x-request-id,traceparent",
    CALLS: calls.join(","),
    ...Object.fromEntries(calls.map((service) => [urlVariable(service), `http://${service}:${PORT}`])),
  };
  const containers = spec.template.spec.containers.map((container) => ({
    ...container,
    image: "meshlane.test/echo",
    env: [...(container.env ?? []), ...Object.entries(env).map(([name, value]) => ({name, value}))],
  }));
  const template = {...spec.template, spec: {...spec.template.spec, containers}};
  return {...object, spec: {...spec, template}};
}
