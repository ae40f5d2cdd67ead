import {InvalidArgumentError, Option} from "commander";
import {meshModules, type MeshModule} from "../compile/module.ts";
import type {Terminal} from "./terminal.ts";

/** `--registry`, or the variable MESHLANE_REGISTRY. */
export function registryOption(description: string): Option {
  return new Option("--registry <place>", `${description}, HOST[:PORT][/PATH]`).env("MESHLANE_REGISTRY");
}

/** Registries on this machine need no leave for plain HTTP. */
export function plainHttpOption(): Option {
  return new Option("--plain-http", "speak plain HTTP with the registry, and send credentials that way").default(false);
}

/** `--module`, repeatable. */
export function moduleOption(): Option {
  return new Option("--module <module>", `only this one of ${meshModules.join(", ")}; may be repeated`).argParser(
    (value: string, before: MeshModule[] | undefined) => [...(before ?? []), parseModule(value)],
  );
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
