import type {OnChange} from "../controller/changes.ts";
import type {Change} from "../controller/compare.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {Judged} from "../controller/concerns.ts";
import type {Notice} from "../render/istio/options.ts";
import {hasErrors, paint, printProblems, red, type Terminal, yellow} from "./terminal.ts";

/** `swimlane.meshlane.dev/ann created`, as kubectl says it, with the namespace. */
function changeLine({apiVersion, kind, metadata}: KubernetesObject, change: Change, how = ""): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  const where = metadata.namespace === undefined ? "" : ` -n ${metadata.namespace}`;
  return `${kind.toLowerCase()}${group}/${metadata.name}${where} ${change}${how}\n`;
}

/** Says each change when it is made. */
export function sayChanges({stdout}: Terminal, how = ""): OnChange {
  return ({object, change}) => void stdout.write(changeLine(object, change, how));
}

/** Says what the cluster refuses, as what ends a command is said. */
export class Refusals {
  readonly #stderr: Terminal["stderr"];
  #count = 0;

  constructor({stderr}: Terminal) {
    this.#stderr = stderr;
  }

  get any(): boolean {
    return this.#count > 0;
  }

  readonly say = ({message}: Error): void => {
    this.#count++;
    this.#stderr.write(`meshlane: ${message}\n`);
  };
}

/** What is said behind the changes of a dry run. */
export function dryRunOf({dryRun}: {readonly dryRun: boolean}): string {
  return dryRun ? " (dry run)" : "";
}

/** One line a notice: subject, cause, remedy. @returns whether one is an error */
export function printNotices(notices: readonly Notice[], {stderr}: Terminal): boolean {
  for (const {severity, subject, message, hint} of notices) {
    const line = `${severity === "warning" ? "warning: " : ""}${subject}: ${message}. ${hint}`;
    stderr.write(`${paint(line, severity === "error" ? red : yellow, stderr)}\n`);
  }
  return notices.some(({severity}) => severity === "error");
}

/** All that there is to say of the mesh. @returns whether something of it is an error */
export function printJudged({problems, notices}: Judged, terminal: Terminal): boolean {
  printProblems([...problems], terminal);
  return printNotices(notices, terminal) || hasErrors(problems);
}
