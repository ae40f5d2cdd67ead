import {type Destination, type Plan, type ServicePlan} from "../../compile/plan.ts";
import {selects} from "../../compile/facts.ts";
import type {Playground, Workload} from "../../model/index.ts";
import {
  edgeConfig,
  entryConfig,
  type FilterConfig,
  gatewayOutboundConfig,
  inboundConfig,
  type JsonObject,
  type MeshSettings,
  outboundConfig,
} from "../filter-config.ts";
import {bootstrap} from "./bootstrap.ts";
import {
  applicationCluster,
  assignment,
  chainCluster,
  destinationCluster,
  destinationsOf,
  externalCluster,
  noCollectorCluster,
} from "./clusters.ts";
import {discovery, type Source, typed} from "./discovery.ts";
import {filterFile} from "./filters.ts";
import {edgeListener, inboundListener, outboundListener} from "./listeners.ts";
import {clusterName, fileName} from "./names.ts";

import type {Ports, SidecarPorts} from "./ports.ts";
import {externalRoutes, serviceRoutes} from "./routes.ts";

export {versionOf} from "./discovery.ts";
export {fileName} from "./names.ts";
export {assignPorts, fixedPorts, type Ports, type SidecarPorts} from "./ports.ts";

/** Path -> content. Folders: `endpoints/`, `routes/`, `proxies/NAME/`; each proxy runs in its own folder. */
export type Files = Readonly<Record<string, JsonObject>>;

export interface EnvoyOptions {
  readonly ports: Ports;
  /** Left out: the proxies watch the files. */
  readonly source?: Source;
  /** Workloads that take no requests for now; the others are ready. */
  readonly unready?: ReadonlySet<string>;
  /** Tells the application on each response how its call found its lane (`x-swimlane-hop`). */
  readonly hops?: boolean;
  /** Modules that decide nothing, to see what is lost without the filter. */
  readonly withoutFilter?: boolean;
}

/** The mesh of a playground as files that local Envoys watch: one folder a proxy, and what all of them share. */
export function renderEnvoy(plan: Plan, playground: Playground, options: EnvoyOptions): Files {
  const mesh = new EnvoyMesh(plan, playground, options);
  return {
    "clusters.json": mesh.clusters(),
    ...mesh.endpoints(),
    ...mesh.routes(),
    ...mesh.edge(),
    ...mesh.sidecars(),
  };
}

class EnvoyMesh {
  readonly #plan: Plan;
  readonly #playground: Playground;
  readonly #options: EnvoyOptions;
  readonly #settings: MeshSettings;
  readonly #services: readonly ServicePlan[];

  constructor(plan: Plan, playground: Playground, options: EnvoyOptions) {
    this.#plan = plan;
    this.#playground = playground;
    this.#options = options;
    this.#settings = {
      traceIds: playground.spec.traceIds,
      plainText: playground.spec.plainText === "accept",
    };
    this.#services = playground.spec.services.map(({name}) => this.#servicePlan(this.#key(name)));
  }

  clusters(): JsonObject {
    const destinations = new Map(
      this.#services.flatMap(destinationsOf).map((destination) => [clusterName(destination), destination]),
    );
    const chains = this.#services.flatMap(({service, lanes}) =>
      lanes.filter(({chain}) => chain.length > 1).map(({lane, chain}) => chainCluster(service, lane, chain)),
    );
    const externals = this.#playground.spec.external.map(({name, address}) =>
      externalCluster(name, socketAddress(address)),
    );
    const all = [
      ...[...destinations.values()].map((destination) => destinationCluster(destination, this.#mtls, this.#source)),
      ...chains,
      ...externals,
    ];
    return discovery(all.map((cluster) => typed("envoy.config.cluster.v3.Cluster", cluster)));
  }

  endpoints(): Files {
    return Object.fromEntries(
      this.#services.flatMap(destinationsOf).map((destination) => {
        const name = clusterName(destination);
        const endpoints = this.#workloadsAt(destination).map(({name: workload}) => ({
          address: localAddress(this.#sidecarPorts(workload).inbound),
          ready: this.#options.unready?.has(workload) !== true,
        }));
        const load = typed("envoy.config.endpoint.v3.ClusterLoadAssignment", assignment(name, endpoints));
        return [`endpoints/${fileName(name)}.json`, discovery([load])];
      }),
    );
  }

  routes(): Files {
    const services = this.#services.map((plan) => [routesFile(plan.service), discovery([serviceRoutes(plan)])]);
    const externals = this.#playground.spec.external.map(({name}) => [
      routesFile(`external/${name}`),
      discovery([externalRoutes(`external/${name}`, name)]),
    ]);
    return Object.fromEntries([...services, ...externals]) as Files;
  }

  edge(): Files {
    const {port, admin} = this.#options.ports.edge;
    const entry = this.#key(this.#playground.spec.entry);
    const filters = [
      {name: "meshlane.edge", file: "edge.json"},
      {name: "meshlane.outbound", file: "outbound.json"},
    ];
    const listener = edgeListener(
      {name: "edge", address: localAddress(port), filters, source: this.#source},
      entry,
      routesFile(entry),
    );
    return {
      "proxies/edge/bootstrap.json": bootstrap({
        id: "edge",
        service: "edge",
        admin: localAddress(admin),
        listeners: [listener],
        clusters: [noCollectorCluster()],
        source: this.#source,
      }),
      "proxies/edge/edge.json": this.#filter("meshlane.edge", edgeConfig(this.#settings, this.#plan.groups)),
      "proxies/edge/outbound.json": this.#filter("meshlane.outbound", gatewayOutboundConfig(this.#settings)),
    };
  }

  sidecars(): Files {
    const files = this.#playground.spec.services.flatMap(({name, workloads}) =>
      workloads.flatMap((workload) => Object.entries(this.#sidecar(this.#key(name), workload))),
    );
    return Object.fromEntries(files);
  }

  #sidecar(service: string, {name, labels}: Workload): Files {
    const ports = this.#sidecarPorts(name);
    const folder = `proxies/${name}`;
    const pod = this.#plan.pods.find(
      ({destination}) => destination.service === service && selects(destination.labels ?? {}, labels),
    );
    const entry = this.#plan.groups.filter(({entryServices}) => entryServices.includes(service));
    const inbound = entry.length > 0 ? entryConfig(this.#settings, entry) : inboundConfig(this.#settings);
    return {
      [`${folder}/bootstrap.json`]: bootstrap({
        id: name,
        service,
        admin: localAddress(ports.admin),
        listeners: this.#listeners(name, ports),
        clusters: [applicationCluster(socketAddress(ports.application))],
        source: this.#source,
      }),
      [`${folder}/inbound.json`]: this.#filter("meshlane.inbound", inbound),
      [`${folder}/outbound.json`]: this.#filter("meshlane.outbound", outboundConfig(this.#settings, pod?.lane)),
    };
  }

  #listeners(workload: string, {inbound, calls}: SidecarPorts): JsonObject[] {
    const inside = {
      name: "inbound",
      address: localAddress(inbound),
      filters: [{name: "meshlane.inbound", file: "inbound.json"}],
      source: this.#source,
    };
    const outside = Object.entries(calls).map(([callee, port]) => {
      const filters = [{name: "meshlane.outbound", file: "outbound.json"}];
      const name = this.#callee(callee);
      return outboundListener(
        {name: `outbound ${callee}`, address: localAddress(port), filters, source: this.#source},
        name,
        routesFile(name),
      );
    });
    return [inboundListener(inside, {mtls: this.#mtls, ...(this.#options.hops ? {workload} : {})}), ...outside];
  }

  #filter(name: string, {module, configuration}: FilterConfig): JsonObject {
    if (this.#options.withoutFilter) return filterFile(name, {module: "empty", configuration});
    const hops = this.#options.hops && module === "outbound";
    return filterFile(name, {module: hops ? "outbound-playground" : module, configuration});
  }

  #servicePlan(service: string): ServicePlan {
    return this.#plan.services.find((plan) => plan.service === service) ?? {service, baseline: {service}, lanes: []};
  }

  #workloadsAt({service, labels = {}}: Destination): Workload[] {
    const found = this.#playground.spec.services.find(({name}) => this.#key(name) === service);
    return (found?.workloads ?? []).filter((workload) => selects(labels, workload.labels));
  }

  #callee(name: string): string {
    const external = this.#playground.spec.external.some((each) => each.name === name);
    return external ? `external/${name}` : this.#key(name);
  }

  #sidecarPorts(workload: string): SidecarPorts {
    const ports = this.#options.ports.sidecars[workload];
    if (ports === undefined) throw new RangeError(`workload ${workload} has no ports`);
    return ports;
  }

  #key(name: string): string {
    return `${this.#playground.metadata.namespace}/${name}`;
  }

  get #source(): Source {
    return this.#options.source ?? "files";
  }

  get #mtls(): boolean {
    return !this.#settings.plainText;
  }
}

function routesFile(name: string): string {
  return `routes/${fileName(name)}.json`;
}

function localAddress(port: number): JsonObject {
  return {socket_address: {address: "127.0.0.1", port_value: port}};
}

/** @param address `host:port`, an IPv6 host in brackets */
function socketAddress(address: string): JsonObject {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return {socket_address: {address: host, port_value: Number(address.slice(colon + 1))}};
}
