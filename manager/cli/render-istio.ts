import {mkdir, readdir, readFile, rm, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {isDeepStrictEqual} from "node:util";
import type {ClusterFacts} from "../compile/cluster-facts.ts";
import {clusterFacts} from "../compile/cluster-objects.ts";
import {compileMesh, type Owners} from "../compile/index.ts";
import {ownImages} from "../image/index.ts";
import {isAdopted, original} from "../model/adopted.ts";
import {type Mesh, traceIds} from "../model/index.ts";
import {isNamed} from "../model/parse.ts";
import {readObjects} from "../model/read.ts";
import {asRendered, isOurs, type KubernetesObject, unrendered, withoutNulls} from "../model/kubernetes.ts";
import {type IstioObject, type IstioOptions, renderIstio, type Rendering} from "../render/istio/index.ts";
import type {Notice} from "../render/istio/options.ts";
import type {JsonObject} from "../render/filter-config.ts";
import {identity, purposes} from "../render/istio/own-object.ts";
import {routesToPaste} from "../render/istio/paste.ts";
import {UsageError} from "./exit.ts";
import {type Form, printObjects} from "./print.ts";
import {serviceKey} from "./service-key.ts";

export interface IstioRenderOptions {
  readonly registry: string;
  readonly imagePullSecret?: string;
  readonly extensionApi: "auto" | "WasmPlugin" | "TrafficExtension";
  readonly routingNative: "yes" | "no";
  readonly plainText: "accept" | "refuse";
  /** Services, `NAME` or `NAMESPACE/NAME`, whose VirtualService its owner hands over. */
  readonly adopt: readonly string[];
}

/** @param others objects of the cluster that are known, such as Services and Gateways */
export async function renderForIstio(
  mesh: Mesh,
  others: readonly KubernetesObject[],
  before: Owners,
  options: IstioRenderOptions,
): Promise<Rendering & {owners: Owners}> {
  const facts = factsOf(others);
  const own: Mesh = {groups: mesh.groups, lanes: mesh.lanes};
  const plan = compileMesh(own, facts, before);
  const adopt = options.adopt.map((service) => serviceKey(service, plan, {among: "the files"}));
  const rendering = renderIstio(plan, own, facts, {...(await istioOptions(options)), adopt});
  const notices = [...rendering.notices, ...takenOver(rendering.objects, others)];
  return {...rendering, notices, objects: rendering.objects.map(asRendered), owners: plan.owners};
}

/** What lanes of the cluster have under a name that is rendered, with other content. */
function takenOver(objects: readonly IstioObject[], others: readonly KubernetesObject[]): Notice[] {
  const applied = new Map(others.filter(isOurs).map((object) => [identity(object), object]));
  return objects.flatMap((object): Notice[] => {
    const live = applied.get(identity(object));
    if (live === undefined || isDeepStrictEqual(live.spec, object.spec)) return [];
    return [
      {
        severity: "warning",
        subject: identity(object),
        reason: "WrittenByApply",
        message:
          "is in the cluster for its lanes: who applies this rendering takes it over, and takes away what those lanes have there",
        hint: "Keep the lanes of one service in one place: all applied, or all rendered.",
      },
    ];
  });
}

/**
 * The http list of a VirtualService for a service that lanes override.
 * @throws UsageError where no lane overrides it
 */
export function routesOf(
  service: string,
  {groups, lanes}: Mesh,
  others: readonly KubernetesObject[],
  before: Owners,
): readonly JsonObject[] {
  const facts = factsOf(others);
  const plan = compileMesh({groups, lanes}, facts, before);
  const http = routesToPaste(serviceKey(service, plan, {among: "the files"}), plan, {groups, lanes}, facts);
  if (http === undefined) throw new UsageError(`no lane overrides service ${service}: there is nothing to paste`);
  return http;
}

function factsOf(others: readonly KubernetesObject[]): ClusterFacts {
  return clusterFacts(others.map((object) => unrendered(withoutNulls(object))));
}

async function istioOptions(options: IstioRenderOptions): Promise<Omit<IstioOptions, "adopt">> {
  const {registry, extensionApi, routingNative, plainText, imagePullSecret} = options;
  const images = await ownImages();
  return {
    mesh: {traceIds, plainText: plainText === "accept"},
    registry,
    version: images[0]!.version,
    digests: Object.fromEntries(images.map(({module, digest}) => [module, digest])),
    // Every Istio that is tried has it.
    extensionApi: extensionApi === "auto" ? "WasmPlugin" : extensionApi,
    nativeSupported: routingNative === "yes",
    ...(imagePullSecret === undefined ? {} : {imagePullSecret}),
  };
}

/**
 * Writes one file an object, and removes the files of objects that an earlier render wrote here and this one does not; what
 * was handed over stays, as its owner had it.
 * @param kept what could not be decided, see `Rendering`: its files stay
 */
export async function writeObjects(
  folder: string,
  objects: readonly IstioObject[],
  form: Form,
  kept: readonly string[] = [],
): Promise<void> {
  await mkdir(folder, {recursive: true});
  const names = new Map(objects.map((object) => [fileName(object, form), object]));
  const undecided = new Set(kept);
  const wanted = new Set(objects.map(identity));
  for (const name of await readdir(folder)) {
    if (names.has(name)) continue;
    const earlier = await earlierObject(join(folder, name));
    if (earlier === undefined || [identity(earlier), ...purposes(earlier)].some((what) => undecided.has(what)))
      continue;
    const isGivenBack = isAdopted(earlier) && !wanted.has(identity(earlier));
    if (isGivenBack) await writeFile(join(folder, name), textOf(original(earlier), formOf(name)));
    else await rm(join(folder, name));
  }
  for (const [name, object] of names) {
    await writeFile(join(folder, name), textOf(object, form));
  }
}

function formOf(name: string): Form {
  return name.endsWith(".json") ? "json" : "yaml";
}

function textOf(object: KubernetesObject, form: Form): string {
  return form === "json" ? `${JSON.stringify(object, null, 2)}\n` : printObjects([object], form);
}

function fileName({kind, metadata}: IstioObject, form: Form): string {
  return `${kind.toLowerCase()}.${metadata.namespace}.${metadata.name}.${form}`;
}

/** The object of a file that an earlier render wrote. What is not one object of ours, as a render writes it, is somebody else's. */
async function earlierObject(path: string): Promise<KubernetesObject | undefined> {
  const named = /^[a-z]+\.[-a-z0-9]+\.[-.a-z0-9]+\.(yaml|json)$/.test(path.split("/").at(-1) ?? "");
  const text = named ? await readFile(path, "utf8").catch(() => "") : "";
  const {objects, problems} = readObjects({name: path, text});
  const [object, ...more] = objects.map(({value}) => value);
  if (problems.length > 0 || more.length > 0 || !isNamed(object)) return undefined;
  const earlier = unrendered(object);
  return isOurs(earlier) ? earlier : undefined;
}
