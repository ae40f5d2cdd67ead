import type {KubernetesObject} from "../../model/kubernetes.ts";
import type {IstioObject} from "./options.ts";

/** What to write, in this order. A `put` of an object creates or replaces it; it may be another's that is given back. */
export type Write = {readonly put: IstioObject | KubernetesObject} | {readonly delete: KubernetesObject};

export interface Stage {
  /** What the stage is about, for people. */
  readonly title: string;
  readonly writes: readonly Write[];
  /** Whether the proxies must have all that is written so far before the next stage begins. */
  readonly waitAfter: boolean;
}
