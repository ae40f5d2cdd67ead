import {InvalidArgumentError, Option} from "commander";
import {meshModules, type MeshModule} from "../compile/module.ts";
import {parseReference, parseRegistry, type Reference} from "../image/index.ts";
import {UsageError} from "./exit.ts";
import type {Terminal} from "./terminal.ts";

/** `--registry`, or the variable MESHLANE_REGISTRY. */
export function registryOption(description: string): Option {
  return new Option("--registry <place>", `${description}, HOST[:PORT][/PATH]`)
    .env("MESHLANE_REGISTRY")
    .argParser((text: string) => {
      const {registry, path} = asUsage(() => parseRegistry(text));
      return path === "" ? registry : `${registry}/${path}`;
    });
}

const plainHttpVariable = "MESHLANE_PLAIN_HTTP";

/**
 * Registries on this machine need no leave for plain HTTP. Commander takes a flag's variable for a yes, whatever it says: so
 * each of its two answers is the variable of the flag that means it.
 */
export function plainHttpOption(): Option {
  const text = "speak plain HTTP with the registry, and send credentials that way";
  const option = new Option("--plain-http", text).default(false);
  const said = process.env[plainHttpVariable];
  if (said === "false") return option;
  return option.env(plainHttpVariable).argParser(() => {
    if (said === undefined || said === "true") return true;
    throw new UsageError(`${plainHttpVariable} is "${said}": write true or false, or unset it`);
  });
}

/** For verbs that remember the leave. */
export function noPlainHttpOption(): Option {
  const option = new Option("--no-plain-http", "speak TLS with the registry, whatever was said when it was installed");
  return process.env[plainHttpVariable] === "false" ? option.env(plainHttpVariable) : option;
}

/** With what the cluster, not this program, gets the modules. */
export function pullSecretOption(): Option {
  return new Option(
    "--image-pull-secret <name>",
    "a Secret (kubernetes.io/dockerconfigjson) with which proxies may pull the modules; in each namespace that has the filter",
  );
}

/** `--module`, repeatable. */
export function moduleOption(): Option {
  return new Option("--module <module>", `only this one of ${meshModules.join(", ")}; may be repeated`).argParser(
    (value: string, before: MeshModule[] | undefined) => [...(before ?? []), parseModule(value)],
  );
}

/** @throws UsageError for what is no reference */
export function referenceArgument(text: string): Reference {
  return asUsage(() => parseReference(text));
}

/** What a client does, on standard error. */
export function progressOn({stderr}: Terminal): (line: string) => void {
  return (line) => void stderr.write(`${line}\n`);
}

function parseModule(value: string): MeshModule {
  const module = meshModules.find((name) => name === value);
  if (module === undefined) throw new InvalidArgumentError(`Allowed choices are ${meshModules.join(", ")}.`);
  return module;
}

function asUsage<Parsed>(parse: () => Parsed): Parsed {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message, {cause: error});
  }
}
