import {Option} from "commander";
import {UsageError} from "./exit.ts";

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
