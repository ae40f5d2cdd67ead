import {Command, Option} from "commander";
import type {Api} from "../cluster/api.ts";
import {type ClusterState, type Lanes, readLanes, readState} from "../controller/cluster-state.ts";
import {controllerRuns} from "../controller/lease.ts";
import {UsageError} from "./exit.ts";
import {laneSources} from "./lane-sources.ts";
import {
  addClusterOptions,
  addProxyOptions,
  type ClusterOptions,
  connectTo,
  durationMs,
  optionalFileOption,
  outputOption,
  type ProxyFlags,
  repeatableOption,
} from "./options.ts";
import {plainHttpOption} from "./plain-http.ts";
import type {Form} from "./print.ts";
import type {Terminal} from "./terminal.ts";

export interface ApplyOptions extends ClusterOptions, ProxyFlags {
  file?: string[];
  dryRun?: "client" | "server";
  wait?: number;
  adopt: string[];
  forceConflicts: boolean;
  plainHttp: boolean;
  output?: Form;
}

const examples = `
Examples:
  meshlane apply -f shop.yaml                     write the lanes, and let the mesh follow
  meshlane apply -f shop.yaml --wait              return when every proxy has it and the lanes' pods are ready
  meshlane apply -f shop.yaml --dry-run=server    all but keep it
  meshlane apply oci://registry.example.com/shop-lanes@sha256:... --wait

Exit codes: 0 applied, 1 problems found, 2 the command itself is wrong.`;

export function applyCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const command = new Command("apply")
    .description("write lanes and groups to the cluster, and let the mesh follow")
    .argument("[reference]", "lane files in a registry, oci://HOST/NAME@sha256:...")
    .addOption(optionalFileOption())
    .addOption(
      new Option("--dry-run <where>", "change nothing: only validate, or let the server do all but keep it").choices([
        "client",
        "server",
      ]),
    )
    .addOption(
      new Option("--wait [time]", "return when every proxy has it, and fail after this time")
        .argParser(waitMs)
        .preset("60s"),
    )
    .addOption(
      repeatableOption(
        "--adopt <service>",
        "take the VirtualService of this service's host over, NAME or NAMESPACE/NAME; may be repeated",
      ),
    )
    .option("--force-conflicts", "take fields over that somebody else set, as kubectl does", false)
    .addOption(plainHttpOption())
    .addOption(outputOption("print the lanes and groups as the server has them"));
  return addProxyOptions(addClusterOptions(command))
    .addHelpText("after", examples)
    .action(async (reference: string | undefined, options: ApplyOptions) =>
      exit(await run(reference, options, terminal)),
    );
}

/** @throws UsageError for a reference behind `--wait`, which takes what comes next for its time; not repeated, as it may have a password in it */
function waitMs(text: string): number {
  if (text.startsWith("oci://"))
    throw new UsageError(
      "--wait takes the reference behind it for a time: write --wait=60s, or the reference before --wait",
    );
  return durationMs(text);
}

/** What the cluster has. */
export interface Read {
  readonly lanes: Lanes;
  /** Undefined where the mesh is not to follow here: a controller lets it, or nothing is to be written. */
  readonly state: ClusterState | undefined;
}

/** What decides takes a while to load, so the cluster is asked meanwhile. */
async function run(reference: string | undefined, options: ApplyOptions, terminal: Terminal): Promise<number> {
  const sources = await laneSources("apply", reference, options, terminal);
  const {api, namespace} = connectTo(options);
  try {
    const reading = read(api, options);
    // Its failure is told where it is awaited, unless another comes first.
    reading.catch(() => {});
    const {apply} = await import("./apply-lanes.ts");
    return await apply(sources, {api, namespace, reading}, {options, terminal});
  } finally {
    api.transport.close();
  }
}

async function read(api: Api, {dryRun}: ApplyOptions): Promise<Read> {
  const follows = dryRun !== "client" && !(await controllerRuns(api));
  if (!follows) return {lanes: await readLanes(api), state: undefined};
  const state = await readState(api);
  return {lanes: state, state};
}
