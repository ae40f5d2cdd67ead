import {edgeConfig, gatewayOutboundConfig} from "../filter-config.ts";
import {localAddress} from "./addresses.ts";
import {bootstrap} from "./bootstrap.ts";
import {noCollectorCluster} from "./clusters.ts";
import type {Files} from "./files.ts";
import {edgeListener} from "./listeners.ts";
import {type LocalMesh, routesFile} from "./local-mesh.ts";

/** The proxy where requests enter; it stands for every gateway of every group. */
export function edgeFiles(mesh: LocalMesh): Files {
  const {plan, playground, settings, source, options} = mesh;
  const entry = mesh.key(playground.spec.entry);
  const filters = [
    {name: "meshlane.edge", file: "edge.json"},
    {name: "meshlane.outbound", file: "outbound.json"},
  ];
  const {port, admin} = options.ports.edge;
  const groups = plan.groups.filter(({gateways}) => gateways.length > 0);
  const {region, zone} = playground.spec.edge;
  return {
    "proxies/edge/bootstrap.json": bootstrap({
      id: "edge",
      service: "edge",
      locality: {...(region === undefined ? {} : {region}), ...(zone === undefined ? {} : {zone})},
      admin: localAddress(admin),
      listeners: [edgeListener({name: "edge", address: localAddress(port), filters, source}, entry, routesFile(entry))],
      clusters: [noCollectorCluster()],
      source,
    }),
    "proxies/edge/edge.json": mesh.filter("meshlane.edge", edgeConfig(settings, groups)),
    "proxies/edge/outbound.json": mesh.filter("meshlane.outbound", gatewayOutboundConfig(settings)),
  };
}
