import {InvalidArgumentError, Option} from "commander";
import {meshModules, type MeshModule} from "../compile/module.ts";
import {parseReference, parseRegistry, type Reference} from "../image/index.ts";
import {UsageError} from "./exit.ts";

/** `--registry`, or the variable MESHLANE_REGISTRY. */
export function registryOption(description: string): Option {
  return new Option("--registry <place>", `${description}, HOST[:PORT][/PATH]`)
    .env("MESHLANE_REGISTRY")
    .argParser((text: string) => {
      const {registry, path} = asUsage(() => parseRegistry(text));
      return path === "" ? registry : `${registry}/${path}`;
    });
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
