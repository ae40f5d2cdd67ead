import {checkFiles, namedObjects} from "../controller/lane-files.ts";
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
  return fit(checkFiles(sources, before, namespace), said, terminal);
}

/**
 * The groups and lanes that the sources name; undefined where one cannot be read, or there are none, which has been printed.
 * @throws UsageError where `-n` says another namespace than an object
 */
export function objectsByName(
  sources: SourceText[],
  {namespace, said}: Pick<Place, "namespace" | "said">,
  terminal: Terminal,
): readonly KubernetesObject[] | undefined {
  return fit(namedObjects(sources, namespace), said, terminal);
}

function fit(
  {objects, problems}: ReturnType<typeof namedObjects>,
  said: string | undefined,
  terminal: Terminal,
): readonly KubernetesObject[] | undefined {
  printProblems([...problems], terminal);
  if (hasErrors([...problems])) return undefined;
  requireNamespace(objects, said);
  if (objects.length > 0) return objects;
  terminal.stderr.write("there is no lane and no group in it. Is it the right file?\n");
  return undefined;
}

/** As kubectl: -n does not move what says where it is. */
function requireNamespace(objects: readonly KubernetesObject[], said: string | undefined): void {
  const other = objects.find(({metadata}) => said !== undefined && metadata.namespace !== said);
  if (other === undefined) return;
  const {kind, metadata} = other;
  throw new UsageError(`${kind} ${metadata.name} says namespace ${metadata.namespace}, but -n says ${said}`);
}
