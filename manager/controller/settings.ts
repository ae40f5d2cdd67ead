import {z} from "zod";
import type {Api} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import {type MeshModule, meshModules} from "../compile/module.ts";
import {type KubernetesObject, managedBy} from "../model/kubernetes.ts";
import {isNewer} from "../model/version-order.ts";
import type {IstioOptions} from "../render/istio/options.ts";
import {ownVersion} from "./own-version.ts";

/** What `install` decided for the whole mesh, kept in ConfigMap meshlane-system/meshlane. */
export type Settings = Omit<IstioOptions, "adopt" | "digests"> & {
  digests: Readonly<Record<MeshModule, string>>;
  /** Whether a person said `nativeSupported`, so that nobody finds it out anew. */
  nativeDecided: boolean;
  /** Whether the registry is spoken with without TLS. */
  plainHttp: boolean;
};

export const systemNamespace = "meshlane-system";

export const settingsRef = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {name: "meshlane", namespace: systemNamespace},
} as const;

const yesNo = z.enum(["true", "false"]).transform((text) => text === "true");

const data = z.object({
  registry: z.string().min(1),
  version: z.string().min(1),
  digests: z.string().transform((text, context) => {
    const parsed = digests.safeParse(json(text));
    if (parsed.success) return parsed.data;
    context.addIssue({code: "custom", message: `must name a digest for each of ${meshModules.join(", ")}`});
    return z.NEVER;
  }),
  traceIds: z.string().transform((text) => text.split(",").filter((id) => id !== "")),
  plainText: yesNo,
  native: yesNo,
  nativeDecided: yesNo.default(false),
  plainHttp: yesNo.default(false),
  extensionApi: z.enum(["WasmPlugin", "TrafficExtension"]),
  imagePullSecret: z.string().optional(),
});

const digests = z.record(z.enum(meshModules), z.string().regex(/^sha256:[0-9a-f]{64}$/));

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The ConfigMap that holds the settings. */
export function settingsObject(settings: Settings): KubernetesObject & {data: Record<string, string>} {
  const {mesh, registry, version, digests: known, extensionApi, nativeSupported, nativeDecided, plainHttp} = settings;
  const {imagePullSecret} = settings;
  return {
    ...settingsRef,
    metadata: {...settingsRef.metadata, labels: managedBy},
    data: {
      registry,
      version,
      digests: JSON.stringify(known),
      traceIds: mesh.traceIds.join(","),
      plainText: String(mesh.plainText),
      native: String(nativeSupported),
      nativeDecided: String(nativeDecided),
      extensionApi,
      plainHttp: String(plainHttp),
      ...(imagePullSecret === undefined ? {} : {imagePullSecret}),
    },
  };
}

/** Undefined where Meshlane is not installed. @throws ClusterError where the ConfigMap is none of ours */
export async function readSettings(api: Api): Promise<Settings | undefined> {
  const found = (await api.get(settingsRef)) as {data?: unknown} | undefined;
  if (found === undefined) return undefined;
  const parsed = data.safeParse(found.data ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const what = `data.${issue?.path.join(".")}: ${issue?.message}`;
    throw new ClusterError("Invalid", `ConfigMap ${systemNamespace}/meshlane, ${what}. Run meshlane install again`);
  }
  const {traceIds, plainText, native, ...rest} = parsed.data;
  return {...rest, mesh: {traceIds, plainText}, nativeSupported: native};
}

/**
 * @param onNewer gets the message where the installation is newer than this program
 * @throws ClusterError where Meshlane is not installed
 */
export async function requireSettings(api: Api, onNewer: (message: string) => void = refuse): Promise<Settings> {
  const settings = await readSettings(api);
  if (settings === undefined) {
    throw new ClusterError(
      "NotFound",
      "Meshlane is not installed in this cluster: run meshlane install --registry registry.example.com/mesh",
    );
  }
  const {version} = settings;
  const own = ownVersion();
  if (isNewer(version, own))
    onNewer(
      `version ${version} is installed, which is newer than this program, ${own}. Use meshlane ${version} or later`,
    );
  return settings;
}

function refuse(message: string): never {
  throw new ClusterError("Other", message);
}
