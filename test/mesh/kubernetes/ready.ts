import {until} from "../until.ts";
import type {Api} from "./api.ts";

/** A start on a machine that does much else takes minutes. */
const START_MS = 240_000;

interface Waiting {
  readonly signal?: AbortSignal;
  readonly ms?: number;
}

interface Workload {
  readonly metadata: {readonly name: string; readonly generation: number};
  readonly spec: {readonly replicas: number};
  readonly status?: {
    readonly readyReplicas?: number;
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly replicas?: number;
  };
}

/** Resolves when every Deployment of a namespace has all of its pods ready, and no others. */
export async function untilReady(api: Api, namespace: string, {signal, ms = START_MS}: Waiting = {}): Promise<void> {
  const unready = async (): Promise<string[]> => {
    const deployments = (await api.list({
      apiVersion: "apps/v1",
      plural: "deployments",
      namespace,
    })) as unknown as Workload[];
    return deployments.filter((each) => !isReady(each)).map(({metadata}) => metadata.name);
  };
  let missing: string[] = [];
  const ask = async (): Promise<boolean> => (missing = await unready()).length === 0;
  const what = `the Deployments of ${namespace} are ready`;
  await until(ask, {what, ms, everyMs: 100, ...(signal === undefined ? {} : {signal})}).catch((error: Error) => {
    throw new Error(`${error.message}${missing.length > 0 ? ` (unready: ${missing.join(", ")})` : ""}`, {cause: error});
  });
}

function isReady({metadata, spec, status = {}}: Workload): boolean {
  const {readyReplicas = 0, observedGeneration, updatedReplicas = 0, replicas = 0} = status;
  const counts = [readyReplicas, updatedReplicas, replicas];
  return observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas);
}
