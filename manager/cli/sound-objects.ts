import {checkFiles} from "../controller/lane-files.ts";
import type {SourceText} from "../model/index.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {UsageError} from "./exit.ts";
import {hasErrors, printProblems, type Terminal} from "./terminal.ts";

interface Place {
  /** The groups and lanes of the cluster. */
  readonly before: readonly KubernetesObject[];
  /** Of objects that name none. */
  readonly namespace: string;
  /** What `-n` says. */
  readonly said: string | undefined;
}

/**
 * The groups and lanes of the sources, groups first; undefined where they are not fit for the cluster, which has been printed.
 * @throws UsageError where `-n` says another namespace than an object
 */
export function soundObjects(
  sources: SourceText[],
  {before, namespace, said}: Place,
  terminal: Terminal,
): readonly KubernetesObject[] | undefined {
  const {objects, problems} = checkFiles(sources, before, namespace);
  printProblems([...problems], terminal);
  if (hasErrors([...problems])) return undefined;
  requireNamespace(objects, said);
  if (objects.length > 0) return objects;
  terminal.stderr.write("there is no lane and no group in it. Is it the right file?\n");
  return undefined;
}

/** As kubectl: -n does not move what says where it is. */
export function requireNamespace(objects: readonly KubernetesObject[], said: string | undefined): void {
  const other = objects.find(({metadata}) => said !== undefined && metadata.namespace !== said);
  if (other === undefined) return;
  const {kind, metadata} = other;
  throw new UsageError(`${kind} ${metadata.name} says namespace ${metadata.namespace}, but -n says ${said}`);
}
