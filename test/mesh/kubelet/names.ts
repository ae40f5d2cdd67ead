import {open, rename, writeFile} from "node:fs/promises";
import {join} from "node:path";
import type {AnyObject} from "../kubernetes/api.ts";
import {run} from "../run.ts";
import type {RunningPod} from "./pod.ts";

interface Service extends AnyObject {
  readonly metadata: AnyObject["metadata"] & {readonly namespace: string};
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports?: readonly {readonly name?: string; readonly port: number; readonly protocol?: string}[];
  };
}

interface Slice extends AnyObject {
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: {readonly ready?: boolean};
  }[];
  readonly ports: readonly {readonly name?: string; readonly port: number}[];
}

const CHAIN = "MESHLANE_SERVICES";
const PAUSE_MS = 50;

/**
 * What a cluster's DNS and kube-proxy do for pods: names of Services are in each pod's `/etc/hosts`, and in pods without
 * sidecar, as for a sidecar's own connections, their addresses lead to ready pods.
 */
export class Names {
  readonly #pods: () => Iterable<RunningPod>;
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, Slice>();
  #due: NodeJS.Timeout | undefined;

  constructor(pods: () => Iterable<RunningPod>) {
    this.#pods = pods;
  }

  setService(service: AnyObject, there: boolean): void {
    if (there) this.#services.set(service.metadata.uid!, service as Service);
    else this.#services.delete(service.metadata.uid!);
    this.#schedule();
  }

  setSlice(slice: AnyObject, there: boolean): void {
    if (there) this.#slices.set(slice.metadata.uid!, slice as Slice);
    else this.#slices.delete(slice.metadata.uid!);
    this.#schedule();
  }

  /** Tells one pod all that is known now. */
  async tell(pod: RunningPod): Promise<void> {
    const hosts = this.#hosts(pod.pod.metadata.namespace, pod);
    const services = this.#all().filter(({metadata}) => !pod.hasSidecar || metadata.namespace === "istio-system");
    const rules = this.#rules(services);
    const told = TOLD.get(pod);
    if (told?.hosts !== hosts) await writeInPlace(join(pod.folder, "hosts"), hosts);
    if (told?.rules !== rules) await restore(pod, rules, told === undefined);
    TOLD.set(pod, {hosts, rules});
  }

  #schedule(): void {
    if (this.#due !== undefined) return;
    this.#due = setTimeout(() => {
      this.#due = undefined;
      for (const pod of this.#pods()) {
        if (TOLD.has(pod)) void this.tell(pod).catch(() => {});
      }
    }, PAUSE_MS);
  }

  #all(): Service[] {
    const key = ({metadata}: Service): string => `${metadata.creationTimestamp} ${metadata.namespace}/${metadata.name}`;
    return [...this.#services.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  #hosts(namespace: string, {pod, network}: RunningPod): string {
    const own = [`127.0.0.1 localhost`, `${network!.address} ${pod.metadata.name}`];
    const lines = this.#all().flatMap((service) => {
      const {name, namespace: of} = service.metadata;
      const long = `${name}.${of}`;
      const names = [`${long}.svc.cluster.local`, `${long}.svc`, long, ...(of === namespace ? [name] : [])].join(" ");
      return this.#addresses(service).map((address) => `${address} ${names}`);
    });
    return `${[...own, ...lines].join("\n")}\n`;
  }

  #addresses(service: Service): string[] {
    const {clusterIP} = service.spec;
    if (clusterIP && clusterIP !== "None") return [clusterIP];
    return this.#slicesOf(service).flatMap(readyAddresses);
  }

  #slicesOf({metadata}: Service): Slice[] {
    return [...this.#slices.values()].filter(
      (slice) =>
        slice.metadata.namespace === metadata.namespace &&
        slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name,
    );
  }

  #rules(services: readonly Service[]): string {
    const rules = services.flatMap((service) => {
      const {clusterIP, ports = []} = service.spec;
      if (!clusterIP || clusterIP === "None") return [];
      return ports.flatMap(({name = "", port}) => {
        const targets = this.#slicesOf(service).flatMap((slice) => {
          const target = slice.ports?.find((each) => (each.name ?? "") === name)?.port;
          return target === undefined ? [] : readyAddresses(slice).map((address) => `${address}:${target}`);
        });
        return targets.map((target, index) => dnat(clusterIP, port, target, targets.length - index));
      });
    });
    return rules.join("\n");
  }
}

const TOLD = new WeakMap<RunningPod, {hosts: string; rules: string}>();

function readyAddresses({endpoints}: Slice): string[] {
  return (endpoints ?? []).filter(({conditions}) => conditions?.ready !== false).flatMap(({addresses}) => addresses);
}

/** Each target with the same chance: the first of n with 1/n, the next of the rest with 1/(n-1). */
function dnat(address: string, port: number, target: string, left: number): string {
  const chance = left === 1 ? "" : ` -m statistic --mode random --probability ${(1 / left).toFixed(6)}`;
  return `-A ${CHAIN} -d ${address}/32 -p tcp --dport ${port}${chance} -j DNAT --to-destination ${target}`;
}

async function restore({network}: RunningPod, rules: string, first: boolean): Promise<void> {
  if (rules === "" && first) return;
  const input = `*nat\n:${CHAIN} - [0:0]\n${rules}\nCOMMIT\n`;
  const inside = [`--net=${network!.path}`];
  await run("nsenter", [...inside, "iptables-restore", "--noflush"], {input});
  const check = [...inside, "iptables", "-t", "nat"];
  // Behind Istio's own chain, which lets the sidecar's connections pass on to here.
  await run("nsenter", [...check, "-C", "OUTPUT", "-j", CHAIN]).catch(() =>
    run("nsenter", [...check, "-A", "OUTPUT", "-j", CHAIN]),
  );
}

/** The file is mounted in running containers, so it stays the same one; readers never see it empty. */
async function writeInPlace(file: string, content: string): Promise<void> {
  const handle = await open(file, "r+").catch(() => undefined);
  if (handle === undefined) {
    await writeFile(`${file}.new`, content);
    return rename(`${file}.new`, file);
  }
  try {
    const bytes = Buffer.from(content);
    await handle.write(bytes, 0, bytes.length, 0);
    await handle.truncate(bytes.length);
  } finally {
    await handle.close();
  }
}
