import type {ContainerSpec, EnvVar, Pod} from "./pod-types.ts";

/** What of a pod is known only on its node. */
export interface PodPlace {
  readonly podIP: string;
  readonly hostIP: string;
}

/** A container's environment: its `env` with references to fields and resources looked up, `$(NAME)` put in. */
export function environmentOf(pod: Pod, container: ContainerSpec, place: PodPlace): Record<string, string> {
  const env: Record<string, string> = {};
  for (const each of container.env ?? []) env[each.name] = expand(valueOf(pod, container, place, each), env);
  return env;
}

/** A container's text with `$(NAME)` replaced where the environment has it. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (whole, name: string) => env[name] ?? whole);
}

function valueOf(pod: Pod, container: ContainerSpec, place: PodPlace, {value = "", valueFrom}: EnvVar): string {
  if (valueFrom?.fieldRef !== undefined) return fieldOf(pod, place, valueFrom.fieldRef.fieldPath);
  if (valueFrom?.resourceFieldRef !== undefined) {
    const {resource, divisor} = valueFrom.resourceFieldRef;
    return resourceOf(container, resource, divisor);
  }
  return value;
}

/** The value of a downward API path; labels and annotations as the lines `key="value"` of their file. */
export function fieldOf({metadata, spec}: Pod, place: PodPlace, path: string): string {
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (entry !== null) return metadata[entry[1] as "labels" | "annotations"]?.[entry[2]!] ?? "";
  switch (path) {
    case "metadata.labels":
      return linesOf(metadata.labels);
    case "metadata.annotations":
      return linesOf(metadata.annotations);
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace;
    case "metadata.uid":
      return metadata.uid;
    case "spec.nodeName":
      return spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "default";
    case "status.podIP":
      return place.podIP;
    case "status.hostIP":
      return place.hostIP;
    default:
      throw new Error(`the harness's kubelet knows no field ${path}`);
  }
}

function linesOf(entries: Readonly<Record<string, string>> = {}): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}\n`)
    .join("");
}

const UNITS: Record<string, number> = {m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9};

/** A limit in units of the divisor, rounded up; of the whole machine's where there is none it is 2 cores and 1 Gi. */
function resourceOf({resources}: ContainerSpec, name: string, divisor = "1"): string {
  const written = resources?.limits?.[name.replace("limits.", "")] ?? (name.endsWith("cpu") ? "2" : "1Gi");
  return String(Math.ceil(quantity(written) / (quantity(divisor) || 1)));
}

function quantity(text: string): number {
  const [, number = "0", unit = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? 1);
}
