import type {KubernetesObject} from "../../manager/model/kubernetes.ts";
import type {Mesh} from "../../test/mesh/client/mesh.ts";
import {installMeshlane} from "../../test/mesh/client/meshlane.ts";
import {deploymentObject} from "../../test/mesh/shop/shop.ts";
import {meshlane} from "./command.ts";
import {type Pushes, pushesOf} from "./istiod.ts";
import {measureReach, type Reach} from "./reach.ts";
import {type CostEstimate, costsOf, measureRounds, type RoundLimits} from "./requests.ts";
import * as scenario from "./scenario.ts";
import {LANE_COUNTS, NAMESPACE, type Way, WAYS} from "./scenario.ts";
import {Sidecar} from "./sidecar.ts";

/** The caller's sidecar once istiod has nothing more to push. Bytes. */
export interface Memory {
  readonly allocated: number;
  readonly resident: number;
}

export interface OnMesh {
  /** That are told of every change. */
  readonly proxies: number;
  /** A new lane on a mesh of two services. */
  readonly small: Readonly<Record<Way, Reach>>;
  /** With the 200 Services, then with those of the lanes' workloads too. */
  readonly before: {readonly services: Memory; readonly workloads: Memory};
  readonly workloadPushes: Pushes;
  readonly ways: Readonly<Record<Way, WayOnMesh>>;
}

export interface WayOnMesh {
  /** `meshlane apply --wait` of group and 500 lanes; for the second way, from the first one to it. */
  readonly applyMs: number;
  readonly pushes: Pushes;
  readonly memory: Memory;
  readonly costs: readonly CostEstimate[];
  /** A new lane more, on the service that has 500. */
  readonly reach: Reach;
}

export interface Amounts {
  readonly small: number;
  readonly large: number;
  readonly rounds: RoundLimits;
}

type Tell = (line: string) => void;

/** Everything that needs a mesh. `mesh` is one of its own: what is made in it stays. */
export async function measureOnMesh(mesh: Mesh, amounts: Amounts, tell: Tell): Promise<OnMesh> {
  tell("installing");
  await installMeshlane(mesh);
  await mesh.namespace(NAMESPACE);
  await mesh.apply(...pods(), ...scenario.services().slice(0, 1));
  await mesh.ready(NAMESPACE);
  const small = await eachWay((way) => measureSmall(mesh, way, amounts.small, tell));
  const sidecar = new Sidecar(mesh, await mesh.pod(NAMESPACE, {app: scenario.CALLER_POD}));
  tell(`${scenario.SERVICES} Services`);
  await pushesOf(mesh, () => mesh.apply(...scenario.services()));
  const services = await sidecar.memory();
  tell(`the Services of ${scenario.LANES} lanes`);
  const workloadPushes = await pushesOf(mesh, () => mesh.apply(...scenario.laneServices()));
  const before = {services, workloads: await sidecar.memory()};
  const ways = await eachWay((way) => measureWay(mesh, sidecar, way, amounts, tell));
  return {proxies: await proxiesOf(mesh), small, before, workloadPushes, ways};
}

async function eachWay<Result>(measure: (way: Way) => Promise<Result>): Promise<Record<Way, Result>> {
  const results: Partial<Record<Way, Result>> = {};
  for (const way of WAYS) results[way] = await measure(way);
  return results as Record<Way, Result>;
}

async function measureSmall(mesh: Mesh, way: Way, count: number, tell: Tell): Promise<Reach> {
  tell(`${way}: ${count} new lanes on a small mesh`);
  await meshlane(mesh, "apply", [scenario.smallGroup(way)], "--wait");
  return measureReach(mesh, 1, count, `${way}-small`);
}

async function measureWay(mesh: Mesh, sidecar: Sidecar, way: Way, amounts: Amounts, tell: Tell): Promise<WayOnMesh> {
  tell(`${way}: applying ${scenario.LANES} lanes`);
  let applyMs = 0;
  const pushes = await pushesOf(mesh, async () => {
    applyMs = (await meshlane(mesh, "apply", scenario.lanes(way), "--wait")).ms;
  });
  const memory = await sidecar.memory();
  tell(`${way}: CPU of requests`);
  const costs = costsOf(await measureRounds(mesh, amounts.rounds, (line) => tell(`${way}: ${line}`)));
  tell(`${way}: ${amounts.large} new lanes beside the others`);
  const reach = await measureReach(mesh, LANE_COUNTS.at(-1)!, amounts.large, `${way}-large`);
  return {applyMs, pushes, memory, costs, reach};
}

/** The baseline's pod, that of the last lane, and the one that calls, whose sidecar has one worker. */
function pods(): KubernetesObject[] {
  const names = [scenario.BASELINE_POD, scenario.LANE_POD, scenario.CALLER_POD];
  return names.map((name) => {
    const deployment = deploymentObject(NAMESPACE, {name, calls: [], forwards: []}, {name, labels: {}});
    const {template} = deployment.spec as {template: {metadata: {annotations?: Record<string, string>}}};
    template.metadata.annotations = {"proxy.istio.io/config": JSON.stringify({concurrency: 1})};
    return deployment;
  });
}

async function proxiesOf(mesh: Mesh): Promise<number> {
  const all = await Promise.all([NAMESPACE, "istio-ingress"].map((namespace) => mesh.pods(namespace)));
  return all.flat().filter(({pids}) => "istio-proxy" in pids).length;
}
