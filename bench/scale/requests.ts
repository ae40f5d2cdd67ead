import type {Mesh} from "../../test/mesh/client/mesh.ts";
import {Caller} from "./caller.ts";
import {BASELINE_POD, CALLER_POD, hotService, LANE_COUNTS, LANE_POD, LAST_LANE, NAMESPACE} from "./scenario.ts";
import {Sidecar} from "./sidecar.ts";
import {type Estimate, estimate, generator, shuffled} from "./statistics.ts";

/** Requests of the lane whose route is the last one, and of no lane. */
export type Kind = "lane" | "baseline";
export const KINDS: readonly Kind[] = ["lane", "baseline"];

/** CPU time of the caller's sidecar for one request, in nanoseconds, by the number of lanes on the called service. */
export interface RequestCost {
  readonly lanes: number;
  readonly kind: Kind;
  readonly ns: number;
}

/** A round's costs, taken close to each other. */
export type Round = readonly RequestCost[];

export interface RoundLimits {
  readonly rounds: number;
  readonly requests: number;
  /** No new round begins after so long. */
  readonly ms: number;
}

const TOLD = 20;

/**
 * Rounds in which each number of lanes has its turn, in an order drawn anew for each round: what disturbs the machine for a
 * while disturbs all of them. Each request's answer is looked at: one from another workload is an error.
 */
export async function measureRounds(mesh: Mesh, limits: RoundLimits, tell: (line: string) => void): Promise<Round[]> {
  const pod = await mesh.pod(NAMESPACE, {app: CALLER_POD});
  const sidecar = new Sidecar(mesh, pod);
  const caller = new Caller(pod);
  const address = await addressOf(mesh);
  const turns = LANE_COUNTS.flatMap((lanes) => KINDS.map((kind) => ({lanes, kind})));
  const random = generator(limits.rounds);
  const measure = async ({lanes, kind}: (typeof turns)[number]): Promise<RequestCost> => {
    const host = hostOf(lanes);
    const lane = kind === "lane" ? {lane: LAST_LANE} : {};
    const before = sidecar.workersNs();
    const {failed, answeredBy} = await caller.send(limits.requests, {address, host, ...lane});
    const ns = (sidecar.workersNs() - before) / limits.requests;
    const expected = kind === "lane" ? LANE_POD : BASELINE_POD;
    if (answeredBy[expected] !== limits.requests) {
      throw new Error(`${kind} of ${host}: ${failed} requests failed, answers: ${JSON.stringify(answeredBy)}`);
    }
    return {lanes, kind, ns};
  };
  try {
    // Connections, Envoy's own and the program's, come into being.
    for (const turn of turns) await measure(turn);
    const end = performance.now() + limits.ms;
    const rounds: Round[] = [];
    while (rounds.length < limits.rounds && performance.now() < end) {
      const round: RequestCost[] = [];
      for (const turn of shuffled(turns, random)) round.push(await measure(turn));
      rounds.push(round);
      if (rounds.length % TOLD === 0) tell(`round ${rounds.length} of ${limits.rounds}`);
    }
    return rounds;
  } finally {
    await caller.stop();
  }
}

/** The address of a Service, behind which the caller's sidecar goes by the host. */
export async function addressOf(mesh: Mesh): Promise<string> {
  const metadata = {name: hotService(1), namespace: NAMESPACE};
  const {spec} = (await mesh.api.read({apiVersion: "v1", kind: "Service", metadata}))!;
  return (spec as {clusterIP: string}).clusterIP;
}

export function hostOf(lanes: number): string {
  return `${hotService(lanes)}.${NAMESPACE}.svc.cluster.local`;
}

export interface CostEstimate {
  readonly lanes: number;
  readonly kind: Kind;
  readonly microseconds: Estimate;
  /** The same as a multiple of that of one lane in the same round. */
  readonly ofOneLane: Estimate;
}

export function costsOf(rounds: readonly Round[]): CostEstimate[] {
  const ns = (round: Round, lanes: number, kind: Kind): number =>
    round.find((cost) => cost.lanes === lanes && cost.kind === kind)!.ns;
  return KINDS.flatMap((kind) =>
    LANE_COUNTS.map((lanes) => ({
      lanes,
      kind,
      microseconds: estimate(rounds.map((round) => ns(round, lanes, kind) / 1000)),
      ofOneLane: estimate(rounds.map((round) => ns(round, lanes, kind) / ns(round, 1, kind))),
    })),
  );
}
