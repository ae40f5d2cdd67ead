import {Command, Option} from "commander";
import type {Api} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import {installationObjects} from "../controller/installation.ts";
import {seenNative} from "../controller/native-support.ts";
import {ownVersion} from "../controller/own-version.ts";
import {readSettings, type Settings} from "../controller/settings.ts";
import {moduleDigests} from "../image/index.ts";
import {traceIds} from "../model/index.ts";
import {isNewer} from "../model/version-order.ts";
import {bring} from "./bring.ts";
import {exitCode, UsageError} from "./exit.ts";
import {
  addClusterOptions,
  addProxyOptions,
  type ClusterOptions,
  connectTo,
  outputOption,
  type ProxyFlags,
} from "./options.ts";
import {type Form, printObjects} from "./print.ts";
import {noPlainHttpOption, plainHttpOption} from "./plain-http.ts";
import {pullSecretOption, registryOption} from "./registry-options.ts";
import {progressOn, type Terminal} from "./terminal.ts";

export interface InstallOptions extends ClusterOptions {
  registry?: string;
  /** Undefined where nothing is said of it. */
  plainHttp?: boolean;
  push: boolean;
  dryRun: boolean;
  output?: Form;
  extensionApi?: "auto" | "WasmPlugin" | "TrafficExtension";
  routingNative?: "auto" | "yes" | "no";
  plainText?: "accept" | "refuse";
  imagePullSecret?: string;
}

const examples = `
Examples:
  meshlane install --registry registry.example.com/mesh              CRDs, settings, the filter's modules
  meshlane install --registry registry.example.com/mesh --dry-run    say what would be made
  meshlane install --registry registry.example.com/mesh -o yaml      the objects, for GitOps; nothing is written

No route changes until a group exists. Where it is installed already, what the options say holds from now on, in the mesh too.
Exit codes: 0 installed, 1 problems found, 2 the command itself is wrong.`;

export function installCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return addInstallOptions(new Command("install"))
    .description("prepare a cluster for lanes; no route changes yet")
    .addHelpText("after", examples)
    .action(async (options: InstallOptions & ProxyFlags) => exit(await run(options, terminal)));
}

export function addInstallOptions(command: Command): Command {
  command
    .addOption(registryOption("where the filter's modules are, as the cluster names it"))
    .addOption(plainHttpOption().default(undefined))
    .addOption(noPlainHttpOption())
    .addOption(pullSecretOption())
    .addOption(
      new Option(
        "--routing-native <answer>",
        "whether routing: auto may be native; auto, the default until yes or no is said, asks the proxies that run",
      ).choices(["auto", "yes", "no"]),
    )
    .addOption(
      new Option("--extension-api <api>", "what names the filter; auto asks which of them the cluster has").choices([
        "auto",
        "WasmPlugin",
        "TrafficExtension",
      ]),
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
  return addProxyOptions(addClusterOptions(command));
}

async function run(options: InstallOptions & ProxyFlags, terminal: Terminal): Promise<number> {
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
    const before = await readableSettings(api, terminal);
    const settings = await settingsFor(api, before, options);
    if (before !== undefined && before.version !== settings.version) {
      throw new Error(
        `version ${before.version} is installed already: meshlane upgrade brings it to ${settings.version}`,
      );
    }
    await bring(api, settings, {...options, wait: before !== undefined}, terminal);
    return exitCode.ok;
  } finally {
    api.transport.close();
  }
}

/** Settings that cannot be read are replaced, which is said. */
async function readableSettings(api: Api, terminal: Terminal): Promise<Settings | undefined> {
  try {
    return await readSettings(api);
  } catch (error) {
    if (!(error instanceof ClusterError && error.reason === "Invalid")) throw error;
    progressOn(terminal)(`warning: ${error.message}: what was decided before is lost`);
    return undefined;
  }
}

/** What this program brings, with what was decided for the mesh before. */
export async function settingsFor(api: Api, before: Settings | undefined, options: InstallOptions): Promise<Settings> {
  const place = options.registry ?? before?.registry;
  if (place === undefined) throw new UsageError("name the registry of the modules: --registry HOST/PATH");
  const fresh = await freshSettings(place);
  if (before !== undefined && isNewer(before.version, fresh.version)) throw older(before.version, fresh.version);
  const settings =
    before === undefined ? fresh : {...before, registry: place, version: fresh.version, digests: fresh.digests};
  return seen(api, decided(settings, options, before?.registry), {
    extensionApi: options.extensionApi ?? (before === undefined ? "auto" : before.extensionApi),
    routingNative: options.routingNative ?? (settings.nativeDecided ? "no change" : "auto"),
  });
}

function older(installed: string, own: string): Error {
  return new Error(
    `version ${installed} is installed, which is newer than this program, ${own}: nothing was written. ` +
      `Use meshlane ${installed} or later; to go back, meshlane uninstall --keep-crds with it, and then install with this one`,
  );
}

/**
 * What the options say holds, whatever was decided before.
 * @param installed the registry that `settings.plainHttp` was said for
 */
function decided(settings: Settings, options: InstallOptions, installed = settings.registry): Settings {
  const {extensionApi, routingNative, plainText, plainHttp, imagePullSecret} = options;
  const isSaid = routingNative === "yes" || routingNative === "no";
  return {
    ...settings,
    plainHttp: plainHttp ?? (settings.plainHttp && hostOf(installed) === hostOf(settings.registry)),
    ...(imagePullSecret === undefined ? {} : {imagePullSecret: imagePullSecret === "" ? undefined : imagePullSecret}),
    ...(isSaid ? {nativeSupported: routingNative === "yes", nativeDecided: true} : {}),
    ...(extensionApi === undefined || extensionApi === "auto" ? {} : {extensionApi}),
    ...(plainText === undefined ? {} : {mesh: {...settings.mesh, plainText: plainText === "accept"}}),
  };
}

function hostOf(place: string): string {
  return place.split("/")[0]!;
}

/** What `auto` leaves to the cluster. Where no proxy can be asked, what was known stays. */
async function seen(
  api: Api,
  settings: Settings,
  {extensionApi, routingNative}: {extensionApi: string; routingNative: string},
): Promise<Settings> {
  const found = routingNative === "auto" ? {nativeSupported: await seenNative(api), nativeDecided: false} : {};
  return {
    ...settings,
    ...found,
    nativeSupported: found.nativeSupported ?? settings.nativeSupported,
    ...(extensionApi === "auto" ? {extensionApi: await extensionApiOf(api)} : {}),
  };
}

/** WasmPlugin, which every Istio that was tried has, where it is there. */
async function extensionApiOf(api: Api): Promise<Settings["extensionApi"]> {
  const has = async (kind: string) =>
    (await api.resource({apiVersion: "extensions.istio.io/v1alpha1", kind})) !== undefined;
  return !(await has("WasmPlugin")) && (await has("TrafficExtension")) ? "TrafficExtension" : "WasmPlugin";
}

async function freshSettings(registry: string): Promise<Settings> {
  return {
    mesh: {traceIds, plainText: false},
    registry,
    version: ownVersion(),
    digests: await moduleDigests(),
    extensionApi: "WasmPlugin",
    nativeSupported: false,
    nativeDecided: false,
    plainHttp: false,
  };
}
