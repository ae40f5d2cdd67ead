import type {JsonObject} from "../filter-config.ts";
import {localAddress, socketAddress} from "./addresses.ts";
import {assignment, chainCluster, destinationCluster, destinationsOf, externalCluster} from "./clusters.ts";
import {discovery, typed} from "./discovery.ts";
import type {Files} from "./files.ts";
import {externalCallee, type LocalMesh, routesFile} from "./local-mesh.ts";
import {clusterName, fileName} from "./names.ts";
import {externalRoutes, serviceRoutes} from "./routes.ts";

/** What all proxies share: clusters, and by name endpoints and routes. */
export function sharedFiles(mesh: LocalMesh): Files {
  return {"clusters.json": clusters(mesh), ...endpoints(mesh), ...routes(mesh)};
}

function clusters({services, playground, mtls, source}: LocalMesh): JsonObject {
  const destinations = new Map(
    services.flatMap(destinationsOf).map((destination) => [clusterName(destination), destination]),
  );
  const chains = services.flatMap(({service, lanes}) =>
    lanes.filter(({chain}) => chain.length > 1).map(({lane, chain}) => chainCluster(service, lane, chain)),
  );
  const all = [
    ...[...destinations.values()].map((destination) => destinationCluster(destination, mtls, source)),
    ...chains,
    ...playground.spec.external.map(({name, address}) => externalCluster(name, socketAddress(address))),
  ];
  return discovery(all.map((cluster) => typed("envoy.config.cluster.v3.Cluster", cluster)));
}

function endpoints(mesh: LocalMesh): Files {
  const files = mesh.services.flatMap(destinationsOf).map((destination) => {
    const name = clusterName(destination);
    const listed = mesh.workloadsAt(destination).map(({name: workload}) => ({
      address: localAddress(mesh.portsOf(workload).inbound),
      ready: mesh.options.unready?.has(workload) !== true,
    }));
    const load = typed("envoy.config.endpoint.v3.ClusterLoadAssignment", assignment(name, listed));
    return [`endpoints/${fileName(name)}.json`, discovery([load])] as const;
  });
  return Object.fromEntries(files);
}

function routes({services, playground}: LocalMesh): Files {
  const inside = services.map((plan) => [routesFile(plan.service), discovery([serviceRoutes(plan)])] as const);
  const outside = playground.spec.external.map(({name}) => {
    const callee = externalCallee(name);
    return [routesFile(callee), discovery([externalRoutes(callee, name)])] as const;
  });
  return Object.fromEntries([...inside, ...outside]);
}
