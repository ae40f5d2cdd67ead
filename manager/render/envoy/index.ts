import type {Plan} from "../../compile/plan.ts";
import type {Playground} from "../../model/index.ts";
import {edgeFiles} from "./edge.ts";
import type {Files} from "./files.ts";
import {type EnvoyOptions, LocalMesh} from "./local-mesh.ts";
import {sharedFiles} from "./shared.ts";
import {sidecarFiles} from "./sidecar.ts";

export {versionOf} from "./discovery.ts";
export type {Files} from "./files.ts";
export type {EnvoyOptions} from "./local-mesh.ts";
export {fileName} from "./names.ts";
export {assignPorts, fixedPorts, type Ports, type SidecarPorts} from "./ports.ts";

/**
 * The mesh of a playground as files that local Envoys can watch, one folder a proxy. Whoever runs them puts the filter's
 * modules into `modules/` and, unless plain text is accepted, `cert.pem`, `key.pem` and `ca.pem` into each proxy's folder.
 */
export function renderEnvoy(plan: Plan, playground: Playground, options: EnvoyOptions): Files {
  const mesh = new LocalMesh(plan, playground, options);
  const sidecars = playground.spec.services.flatMap(({name, workloads}) =>
    workloads.flatMap((workload) => Object.entries(sidecarFiles(mesh, mesh.key(name), workload))),
  );
  return {...sharedFiles(mesh), ...edgeFiles(mesh), ...Object.fromEntries(sidecars)};
}
