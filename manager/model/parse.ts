import type {z} from "zod";
import {apiVersion} from "./fields.ts";
import {swimLaneGroup, type SwimLaneGroup} from "./group.ts";
import {issueProblems} from "./issues.ts";
import type {KubernetesObject} from "./kubernetes.ts";
import {swimLane, type WrittenLane} from "./lane.ts";
import {playgroundSchema, type WrittenPlayground} from "./playground.ts";
import {problemIn, type Problem} from "./problem.ts";
import type {RawObject} from "./read.ts";
import {rememberSource} from "./source.ts";
import {didYouMean} from "./suggest.ts";

type Written = SwimLaneGroup | WrittenLane | WrittenPlayground;

const schemas: Record<string, z.ZodType<Written>> = {
  SwimLaneGroup: swimLaneGroup,
  SwimLane: swimLane,
  Playground: playgroundSchema,
};

/**
 * `broken`: an object of ours, but not valid; nobody should be told that it does not exist. `other`: an object of another API,
 * and the problem says that it is skipped.
 */
export interface Parsed {
  written?: Written;
  broken?: {kind: string; name: string; namespace: string};
  other?: KubernetesObject;
  problems: Problem[];
}

/** One object of a file against its schema. Objects that are not ours are skipped with a warning. */
export function parseObject({value, source}: RawObject, namespace?: string): Parsed {
  const refuse = (message: string, hint?: string): Parsed => ({
    problems: [problemIn(source, undefined, [], {message, hint})],
  });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(
      "this is no object",
      `Write apiVersion: ${apiVersion} and kind: ${Object.keys(schemas).join(" | ")}.`,
    );
  }
  const {apiVersion: version, kind} = value as {apiVersion?: unknown; kind?: unknown};
  if (typeof kind !== "string") return refuse("this object has no kind", `One of ${Object.keys(schemas).join(", ")}.`);
  const ours = typeof version === "string" && version.startsWith("meshlane.dev/");
  if (!Object.hasOwn(schemas, kind)) {
    if (ours || version === undefined) return refuse(`unknown kind "${kind}"`, didYouMean(kind, Object.keys(schemas)));
    const message = `${kind} is not an object of meshlane.dev: skipped`;
    const problems = [problemIn(source, undefined, [], {severity: "warning", message})];
    return isNamed(value) ? {other: value, problems} : {problems};
  }
  if (version !== apiVersion) {
    const hint = `Write apiVersion: ${apiVersion}.`;
    return {
      problems: [problemIn(source, undefined, ["apiVersion"], {message: `this ${kind} has another apiVersion`, hint})],
    };
  }
  const result = schemas[kind]!.safeParse(inNamespace(value, namespace), {reportInput: true});
  if (!result.success)
    return {
      broken: identity(kind, inNamespace(value, namespace)),
      problems: issueProblems(result.error, value, source),
    };
  rememberSource(result.data, source);
  return {written: result.data, problems: []};
}

/** The object in a namespace, where it names none itself. */
export function inNamespace(value: object, namespace: string | undefined): object {
  const {metadata} = value as {metadata?: unknown};
  if (namespace === undefined || typeof metadata !== "object" || metadata === null || "namespace" in metadata)
    return value;
  return {...value, metadata: {...metadata, namespace}};
}

/** Whether a value is an object of some API, with a name. */
export function isNamed(value: unknown): value is KubernetesObject {
  const {apiVersion: version, metadata} = (value ?? {}) as {apiVersion?: unknown; metadata?: {name?: unknown} | null};
  return typeof version === "string" && typeof metadata?.name === "string";
}

function identity(kind: string, value: object): {kind: string; name: string; namespace: string} {
  const {name, namespace} = ((value as {metadata?: unknown}).metadata ?? {}) as {name?: unknown; namespace?: unknown};
  return {kind, name: String(name), namespace: typeof namespace === "string" ? namespace : "default"};
}
