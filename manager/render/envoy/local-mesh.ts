import type {Destination, Plan, ServicePlan} from "../../compile/plan.ts";
import {type Playground, selects, type Workload} from "../../model/index.ts";
import type {FilterConfig, JsonObject, MeshSettings} from "../filter-config.ts";
import type {Source} from "./discovery.ts";
import {filterFile} from "./filters.ts";
import {fileName} from "./names.ts";
import type {Ports, SidecarPorts} from "./ports.ts";

export interface EnvoyOptions {
  readonly ports: Ports;
  /** Left out: the proxies watch the files. */
  readonly source?: Source;
  /** Workloads that take no requests for now; the others are ready. */
  readonly unready?: ReadonlySet<string>;
  /** Tells the application on each response how its call found its lane (`x-swimlane-hop`), and who answered. */
  readonly hops?: boolean;
  /** Modules that decide nothing, to see what is lost without the filter. */
  readonly withoutFilter?: boolean;
}

/** A plan and the playground that it is for, with what rendering asks of them. */
export class LocalMesh {
  readonly plan: Plan;
  readonly playground: Playground;
  readonly options: EnvoyOptions;
  readonly settings: MeshSettings;
  /** One entry a service of the playground, in its order. */
  readonly services: readonly ServicePlan[];

  constructor(plan: Plan, playground: Playground, options: EnvoyOptions) {
    this.plan = plan;
    this.playground = playground;
    this.options = options;
    this.settings = {traceIds: playground.spec.traceIds, plainText: playground.spec.plainText === "accept"};
    this.services = playground.spec.services.map(({name}) => {
      const service = this.key(name);
      return plan.services.find((each) => each.service === service) ?? {service, baseline: {service}, lanes: []};
    });
  }

  get source(): Source {
    return this.options.source ?? "files";
  }

  /** Sidecars speak mTLS unless plain text is accepted everywhere. */
  get mtls(): boolean {
    return !this.settings.plainText;
  }

  /** `NAMESPACE/NAME` of a service. */
  key(name: string): string {
    return `${this.playground.metadata.namespace}/${name}`;
  }

  /** The name of the routes to what a service calls. */
  callee(name: string): string {
    const external = this.playground.spec.external.some((each) => each.name === name);
    return external ? externalCallee(name) : this.key(name);
  }

  portsOf(workload: string): SidecarPorts {
    const ports = this.options.ports.sidecars[workload];
    if (ports === undefined) throw new RangeError(`workload ${workload} has no ports`);
    return ports;
  }

  workloadsAt({service, labels = {}}: Destination): Workload[] {
    const found = this.playground.spec.services.find(({name}) => this.key(name) === service);
    return (found?.workloads ?? []).filter((workload) => selects(labels, workload.labels));
  }

  /** The file of one filter of one proxy, with the module that the options ask for. */
  filter(name: string, {module, configuration}: FilterConfig): JsonObject {
    if (this.options.withoutFilter) return filterFile(name, {module: "empty", configuration});
    const hops = this.options.hops && module === "outbound";
    return filterFile(name, {module: hops ? "outbound-playground" : module, configuration});
  }
}

/** The name of the routes to a host outside the mesh. */
export function externalCallee(name: string): string {
  return `external/${name}`;
}

export function routesFile(callee: string): string {
  return `routes/${fileName(callee)}.json`;
}
