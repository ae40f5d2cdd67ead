import {readFileSync} from "node:fs";
import {join} from "node:path";
import {type ClusterOptions, clusterFacts} from "../../../../manager/compile/cluster-objects.ts";
import {compileMesh, type Owners} from "../../../../manager/compile/index.ts";
import {formatProblem, loadMesh, traceIds} from "../../../../manager/model/index.ts";
import {
  type IstioObject,
  type IstioOptions,
  renderIstio,
  type Rendering,
} from "../../../../manager/render/istio/index.ts";

/** The sample shop's lanes. */
export const shopText = readFileSync(
  join(import.meta.dirname, "..", "..", "..", "..", "deploy", "samples", "shop.yaml"),
  "utf8",
);
/** The sample shop's Services, Deployments and Gateway. */
export const clusterText = readFileSync(join(import.meta.dirname, "shop-cluster.yaml"), "utf8");

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

const someOptions: IstioOptions = {
  mesh: {traceIds, plainText: false},
  registry: "registry.example.com/mesh",
  version: "0.2.0",
  digests: {inbound: digest("1"), outbound: digest("2"), edge: digest("3"), "edge-response": digest("4")},
  extensionApi: "WasmPlugin",
  nativeSupported: false,
  adopt: [],
};

export interface Given {
  readonly options?: Partial<IstioOptions>;
  readonly cluster?: ClusterOptions;
  readonly before?: Owners;
}

/** Renders texts that hold lanes, and objects of the cluster. */
export function rendered(texts: readonly string[], {options, cluster, before = {}}: Given = {}): Rendering {
  const {mesh, problems, others} = loadMesh(
    texts.map((text, index) => ({name: `${index}.yaml`, text})),
    undefined,
    true,
  );
  const errors = problems.filter(({severity}) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(formatProblem).join("\n"));
  const facts = clusterFacts(others, cluster);
  return renderIstio(compileMesh(mesh, facts, before), mesh, facts, {...someOptions, ...options});
}

/** The one object of a kind and name. */
export function named({objects}: Rendering, kind: string, name: string): IstioObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found.length !== 1) {
    const all = objects.map((object) => `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`);
    throw new Error(`${found.length} objects are ${kind} ${name}; there are\n${all.join("\n")}`);
  }
  return found[0]!;
}

/** `KIND NAMESPACE/NAME` of the objects of some parts. */
export function namesOf({objects}: Rendering, parts: readonly string[] = ["filter", "edge"]): string[] {
  return objects
    .filter(({metadata}) => parts.includes(metadata.labels["meshlane.dev/part"] ?? ""))
    .map(({kind, metadata}) => `${kind} ${metadata.namespace}/${metadata.name}`);
}
