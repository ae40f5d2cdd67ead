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

interface Pod {
  readonly metadata: {readonly name: string; readonly labels?: Labels; readonly deletionTimestamp?: string};
  readonly status?: {
    readonly conditions?: readonly {readonly type: string; readonly status: string}[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
}

interface Service {
  readonly metadata: {readonly name: string};
  readonly spec: {readonly selector?: Labels};
}

interface EndpointSlice {
  readonly metadata: {readonly labels?: Labels};
  readonly endpoints?: readonly {
    readonly conditions?: {readonly ready?: boolean};
    readonly targetRef?: {readonly name?: string};
  }[];
}

type Labels = Readonly<Record<string, string>>;

/**
 * Resolves when every Deployment of a namespace has all of its pods ready, and no others, and each Service has the
 * ready pods as its endpoints: a controller of its own writes those, perhaps later than the Deployment's status.
 */
export async function untilReady(api: Api, namespace: string, {signal, ms = START_MS}: Waiting = {}): Promise<void> {
  const unready = async (): Promise<string[]> => {
    const deployments = await listed<Workload>(api, namespace, "apps/v1", "deployments");
    const waiting = deployments.filter((each) => !isReady(each)).map(({metadata}) => `Deployment ${metadata.name}`);
    return waiting.length > 0 ? waiting : await servicesBehind(api, namespace);
  };
  let missing: string[] = [];
  const ask = async (): Promise<boolean> => (missing = await unready()).length === 0;
  const what = `the Deployments and Services of ${namespace} are ready`;
  await until(ask, {what, ms, everyMs: 100, ...(signal === undefined ? {} : {signal})}).catch(async (error: Error) => {
    const died = await whyRestarted(api, namespace).catch(() => []);
    const more = [...(missing.length > 0 ? [`unready: ${missing.join(", ")}`] : []), ...died];
    throw new Error(`${error.message}${more.length > 0 ? ` (${more.join("; ")})` : ""}`, {cause: error});
  });
}

/** A line for each container that was started again, with what it said last that sounds like a reason. */
async function whyRestarted(api: Api, namespace: string): Promise<string[]> {
  const pods = await listed<Pod>(api, namespace, "v1", "pods");
  const containers = pods.flatMap(({metadata, status}) =>
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map((container) => ({
      ...container,
      pod: metadata.name,
    })),
  );
  const died = containers.filter(({restartCount}) => restartCount > 0);
  return Promise.all(
    died.map(async ({pod, name, restartCount}) => {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${name}&tailLines=300`;
      const log = await api.send<string>("GET", path);
      const reason = log.split("\n").find((line) => /\b(critical|fatal|panic|Error)\b/.test(line)) ?? "";
      return `${name} of ${pod} was started again ${restartCount} times: ${reason}`;
    }),
  );
}

async function listed<Kind>(api: Api, namespace: string, apiVersion: string, plural: string): Promise<Kind[]> {
  return (await api.list({apiVersion, plural, namespace})) as unknown as Kind[];
}

function isReady({metadata, spec, status = {}}: Workload): boolean {
  const {readyReplicas = 0, observedGeneration, updatedReplicas = 0, replicas = 0} = status;
  const counts = [readyReplicas, updatedReplicas, replicas];
  return observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas);
}

/** Services whose ready endpoints are others than the ready pods that they select. */
async function servicesBehind(api: Api, namespace: string): Promise<string[]> {
  const [services, pods, slices] = await Promise.all([
    listed<Service>(api, namespace, "v1", "services"),
    listed<Pod>(api, namespace, "v1", "pods"),
    listed<EndpointSlice>(api, namespace, "discovery.k8s.io/v1", "endpointslices"),
  ]);
  const readyPods = pods.filter(isServing);
  const behind = ({metadata: {name}, spec: {selector = {}}}: Service): boolean => {
    if (Object.keys(selector).length === 0) return false;
    const wanted = readyPods.filter((pod) => selects(selector, pod)).map(({metadata}) => metadata.name);
    const own = slices.filter(({metadata}) => metadata.labels?.["kubernetes.io/service-name"] === name);
    const given = own.flatMap(({endpoints}) => endpoints ?? []).filter(({conditions}) => conditions?.ready ?? true);
    const names = new Set(given.map(({targetRef}) => targetRef?.name));
    return names.size !== wanted.length || wanted.some((pod) => !names.has(pod));
  };
  return services.filter(behind).map(({metadata}) => `Service ${metadata.name}`);
}

function isServing({metadata, status}: Pod): boolean {
  const ready = status?.conditions?.some(({type, status: value}) => type === "Ready" && value === "True") ?? false;
  return ready && metadata.deletionTimestamp === undefined;
}

function selects(selector: Labels, {metadata: {labels = {}}}: Pod): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
