import type {Playground} from "../model/index.ts";
import type {Labels} from "./plan.ts";

/** What is known of the mesh besides its lanes: each Service, `NAMESPACE/NAME`, with the labels of its workloads. */
export interface Facts {
  readonly services: ReadonlyMap<string, readonly Labels[]>;
}

export function playgroundFacts({metadata, spec}: Playground): Facts {
  const services = spec.services.map(
    ({name, workloads}) => [`${metadata.namespace}/${name}`, workloads.map(({labels}) => labels)] as const,
  );
  return {services: new Map(services)};
}
