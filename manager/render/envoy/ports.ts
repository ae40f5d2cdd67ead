import type {Playground} from "../../model/index.ts";

/** Where everything listens on 127.0.0.1. */
export interface Ports {
  readonly edge: {readonly port: number; readonly admin: number};
  /** By workload. */
  readonly sidecars: Readonly<Record<string, SidecarPorts>>;
}

export interface SidecarPorts {
  readonly inbound: number;
  readonly admin: number;
  /** `host:port` of the application. */
  readonly application: string;
  /** Callee -> where the application finds it. */
  readonly calls: Readonly<Record<string, number>>;
}

/**
 * Ports for all of a playground. What has ports in `held` keeps them, fixed ones are the user's, and `next` gives one that
 * nobody has yet.
 */
export function assignPorts({spec}: Playground, next: () => number, held?: Ports): Ports {
  const before = new Map(Object.entries(held?.sidecars ?? {}));
  const edge = {port: spec.edge.port ?? held?.edge.port ?? next(), admin: held?.edge.admin ?? next()};
  const sidecars = spec.services.flatMap(({calls, workloads}) =>
    workloads.map(({name, address}): [string, SidecarPorts] => {
      const had = before.get(name);
      const hadCalls = new Map(Object.entries(had?.calls ?? {}));
      const application = address ?? had?.application ?? `127.0.0.1:${next()}`;
      const callPorts = calls.map(({service, port}) => [service, port ?? hadCalls.get(service) ?? next()]);
      return [
        name,
        {
          inbound: had?.inbound ?? next(),
          admin: had?.admin ?? next(),
          application,
          calls: Object.fromEntries(callPorts) as Record<string, number>,
        },
      ];
    }),
  );
  return {edge, sidecars: Object.fromEntries(sidecars)};
}

/** The ports that the user has fixed or taken. */
export function fixedPorts({spec}: Playground): Set<number> {
  const calls = spec.services.flatMap((service) => service.calls.flatMap(({port}) => port ?? []));
  const addresses = spec.services.flatMap((service) => service.workloads.flatMap(({address}) => address ?? []));
  const external = spec.external.map(({address}) => address);
  const listened = [...addresses, ...external].map((address) => Number(address.slice(address.lastIndexOf(":") + 1)));
  return new Set([...calls, ...listened, ...(spec.edge.port === undefined ? [] : [spec.edge.port])]);
}
