import {selects, type Workload} from "../../model/index.ts";
import {entryConfig, type FilterConfig, inboundConfig, type JsonObject, outboundConfig} from "../filter-config.ts";
import {localAddress, socketAddress} from "./addresses.ts";
import {bootstrap} from "./bootstrap.ts";
import {applicationCluster} from "./clusters.ts";
import type {Files} from "./files.ts";
import {inboundListener, outboundListener} from "./listeners.ts";
import {type LocalMesh, routesFile} from "./local-mesh.ts";

/** The proxy beside one workload, inbound and outbound. */
export function sidecarFiles(mesh: LocalMesh, service: string, workload: Workload): Files {
  const {admin, application} = mesh.portsOf(workload.name);
  const folder = `proxies/${workload.name}`;
  return {
    [`${folder}/bootstrap.json`]: bootstrap({
      id: workload.name,
      service,
      admin: localAddress(admin),
      listeners: [inbound(mesh, workload.name), ...outbound(mesh, workload.name)],
      clusters: [applicationCluster(socketAddress(application), workload.protocol)],
      source: mesh.source,
    }),
    [`${folder}/inbound.json`]: mesh.filter("meshlane.inbound", inboundFilter(mesh, service)),
    [`${folder}/outbound.json`]: mesh.filter("meshlane.outbound", outboundFilter(mesh, service, workload)),
  };
}

function inbound(mesh: LocalMesh, workload: string): JsonObject {
  const {mtls, source, options} = mesh;
  const address = localAddress(mesh.portsOf(workload).inbound);
  const filters = [{name: "meshlane.inbound", file: "inbound.json"}];
  return inboundListener({name: "inbound", address, filters, source}, {mtls, ...(options.hops ? {workload} : {})});
}

/** One listener a callee. */
function outbound(mesh: LocalMesh, workload: string): JsonObject[] {
  return Object.entries(mesh.portsOf(workload).calls).map(([called, port]) => {
    const callee = mesh.callee(called);
    const filters = [{name: "meshlane.outbound", file: "outbound.json"}];
    const options = {name: `outbound ${called}`, address: localAddress(port), filters, source: mesh.source};
    return outboundListener(options, callee, routesFile(callee));
  });
}

/** An entry service's inbound side is an edge for peers that are not of the mesh. */
function inboundFilter({plan, settings}: LocalMesh, service: string): FilterConfig {
  const groups = plan.groups.filter(({entryServices}) => entryServices.includes(service));
  return groups.length > 0 ? entryConfig(settings, groups) : inboundConfig(settings);
}

function outboundFilter({plan, settings}: LocalMesh, service: string, {labels}: Workload): FilterConfig {
  const pod = plan.pods.find(
    ({destination}) => destination.service === service && selects(destination.labels ?? {}, labels),
  );
  return outboundConfig(settings, pod?.lane);
}
