import {readFileSync} from "node:fs";
import {Command, Option} from "commander";
import type {Api} from "../cluster/api.ts";
import type {Changed} from "../controller/changes.ts";
import {install, installationObjects} from "../controller/installation.ts";
import {seenNative} from "../controller/native-support.ts";
import {readSettings, type Settings} from "../controller/settings.ts";
import {hasModules, moduleDigests, pushModules} from "../image/index.ts";
import {traceIds} from "../model/index.ts";
import {exitCode, UsageError} from "./exit.ts";
import {addClusterOptions, type ClusterOptions, connectTo, outputOption} from "./options.ts";
import {type Form, printObjects} from "./print.ts";
import {plainHttpOption, progressOn, registryOption} from "./registry-options.ts";
import {changeLine} from "./report.ts";
import type {Terminal} from "./terminal.ts";

export interface InstallOptions extends ClusterOptions {
  registry?: string;
  plainHttp: boolean;
  push: boolean;
  dryRun: boolean;
  output?: Form;
  extensionApi?: "auto" | "WasmPlugin" | "TrafficExtension";
  routingNative: "auto" | "yes" | "no";
  plainText?: "accept" | "refuse";
}

const examples = `
Examples:
  meshlane install --registry registry.example.com/mesh              CRDs, settings, the filter's modules
  meshlane install --registry registry.example.com/mesh --dry-run    say what would be made
  meshlane install --registry registry.example.com/mesh -o yaml      the objects, for GitOps; nothing is written

No route changes until a group exists.
Exit codes: 0 installed, 1 problems found, 2 the command itself is wrong.`;

export function installCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return addInstallOptions(new Command("install"))
    .description("prepare a cluster for lanes; no route changes yet")
    .addHelpText("after", examples)
    .action(async (options: InstallOptions) => exit(await run(options, terminal)));
}

export function addInstallOptions(command: Command): Command {
  command
    .addOption(registryOption("where the filter's modules are, as the cluster names it"))
    .addOption(plainHttpOption())
    .addOption(
      new Option("--routing-native <answer>", "whether routing: auto may be native; auto asks the proxies that run")
        .choices(["auto", "yes", "no"])
        .default("auto"),
    )
    .addOption(
      new Option("--extension-api <api>", "what names the filter").choices(["auto", "WasmPlugin", "TrafficExtension"]),
    )
    .addOption(
      new Option("--plain-text <answer>", "whether peers without mTLS may bring a context").choices([
        "accept",
        "refuse",
      ]),
    )
    .option("--no-push", "fail where a module is not in the registry, instead of pushing it")
    .option("--dry-run", "write nothing", false)
    .addOption(outputOption("print the objects and write nothing"));
  return addClusterOptions(command);
}

async function run(options: InstallOptions, terminal: Terminal): Promise<number> {
  const {registry, output} = options;
  if (output !== undefined) {
    if (registry === undefined) throw new UsageError("name the registry of the modules: --registry HOST/PATH");
    terminal.stdout.write(
      printObjects(await installationObjects(decided(await freshSettings(registry), options)), output),
    );
    return exitCode.ok;
  }
  const {api} = connectTo(options);
  try {
    const before = await readSettings(api);
    const settings = await settingsFor(api, before, options);
    if (before !== undefined && before.version !== settings.version) {
      throw new Error(
        `version ${before.version} is installed already: meshlane upgrade brings it to ${settings.version}`,
      );
    }
    await provideModules(settings, options, terminal);
    printChanges(await install(api, await installationObjects(settings), options.dryRun), options, terminal);
    return exitCode.ok;
  } finally {
    api.transport.close();
  }
}

/** What this program brings, with what was decided for the mesh before. */
export async function settingsFor(api: Api, before: Settings | undefined, options: InstallOptions): Promise<Settings> {
  const place = options.registry ?? before?.registry;
  if (place === undefined) throw new UsageError("name the registry of the modules: --registry HOST/PATH");
  const fresh = await freshSettings(place);
  const settings =
    before === undefined ? fresh : {...before, registry: place, version: fresh.version, digests: fresh.digests};
  const nativeSupported = options.routingNative === "auto" ? await seenNative(api) : settings.nativeSupported;
  return decided({...settings, nativeSupported}, options);
}

/** What the options say holds, whatever was decided before. */
function decided(settings: Settings, {extensionApi, routingNative, plainText, plainHttp}: InstallOptions): Settings {
  return {
    ...settings,
    plainHttp: plainHttp || settings.plainHttp,
    ...(routingNative === "auto" ? {} : {nativeSupported: routingNative === "yes"}),
    // Every Istio that was tried has WasmPlugin.
    ...(extensionApi === undefined ? {} : {extensionApi: extensionApi === "auto" ? "WasmPlugin" : extensionApi}),
    ...(plainText === undefined ? {} : {mesh: {...settings.mesh, plainText: plainText === "accept"}}),
  };
}

async function freshSettings(registry: string): Promise<Settings> {
  return {
    mesh: {traceIds, plainText: false},
    registry,
    version: version(),
    digests: await moduleDigests(),
    extensionApi: "WasmPlugin",
    nativeSupported: false,
    plainHttp: false,
  };
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as {version: string}).version;
}

/** The modules are in the registry, by their digests, before anything names them. */
export async function provideModules(settings: Settings, options: InstallOptions, terminal: Terminal): Promise<void> {
  const {registry, plainHttp} = settings;
  const missing = (await hasModules(registry, {plainHttp})).filter(({there}) => !there);
  if (missing.length === 0) return;
  const names = missing.map(({reference}) => reference).join(", ");
  if (!options.push) throw new Error(`not in the registry: ${names}. Push them: meshlane push --registry ${registry}`);
  if (options.dryRun) terminal.stderr.write(`would be pushed: ${names}\n`);
  else
    await pushModules(registry, {
      plainHttp,
      modules: missing.map(({module}) => module),
      onProgress: progressOn(terminal),
    });
}

export function printChanges(changes: readonly Changed[], {dryRun}: {dryRun: boolean}, {stdout}: Terminal): void {
  for (const {object, change} of changes) stdout.write(changeLine(object, change, dryRun ? " (dry run)" : ""));
}
