import {Option} from "commander";

/** `-f`, repeatable. */
export function fileOption(): Option {
  return new Option("-f, --file <file>", "YAML or JSON file, folder, or - for standard input; may be repeated")
    .argParser((value: string, before: string[] | undefined) => [...(before ?? []), value])
    .makeOptionMandatory();
}

/** `-o yaml|json`. */
export function outputOption(description: string): Option {
  return new Option("-o, --output <form>", description).choices(["yaml", "json"]);
}
