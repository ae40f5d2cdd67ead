import {Command, Option} from "commander";
import {inspect, judge, type Result} from "../controller/check/index.ts";
import {exitCode} from "./exit.ts";
import {addClusterOptions, type ClusterOptions, connectTo} from "./options.ts";
import {plainHttpOption} from "./plain-http.ts";
import {green, paint, red, type Terminal, yellow} from "./terminal.ts";

interface CheckOptions extends ClusterOptions {
  istioNamespace: string;
  plainHttp: boolean;
  output?: "json";
}

const examples = `
Examples:
  meshlane check
  meshlane check -o json

One line a check: ok, warning or failed, and what to do. A line names only some of many, -o json all of them. Nothing is changed.
Exit codes: 0 nothing failed, 1 something failed, 2 the command itself is wrong.`;

export function checkCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const command = new Command("check")
    .description("find what keeps requests from their lanes in a cluster")
    .addOption(new Option("--istio-namespace <namespace>", "where istiod runs").default("istio-system"))
    .addOption(plainHttpOption())
    .addOption(new Option("-o, --output <form>", "print the results as data").choices(["json"]));
  return addClusterOptions(command)
    .addHelpText("after", examples)
    .action(async (options: CheckOptions) => exit(await check(options, terminal)));
}

async function check({output, istioNamespace, plainHttp, ...cluster}: CheckOptions, terminal: Terminal) {
  const {api} = connectTo(cluster);
  try {
    const results = judge(await inspect(api, {istioNamespace, registry: {plainHttp}}));
    if (output === "json") terminal.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    else for (const result of results) terminal.stdout.write(`${line(result, terminal)}\n`);
    return results.some(({status}) => status === "failed") ? exitCode.problems : exitCode.ok;
  } finally {
    api.transport.close();
  }
}

const colours = {ok: green, warning: yellow, failed: red} as const;

function line({check: name, status, message, hint}: Result, {stdout}: Terminal): string {
  const remedy = hint === undefined ? "" : `. ${hint}`;
  return `${paint(status.padEnd(7), colours[status], stdout)}  ${name.padEnd(9)}  ${message}${remedy}`;
}
