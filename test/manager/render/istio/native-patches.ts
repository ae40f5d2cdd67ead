import type {IstioObject} from "../../../../manager/render/istio/options.ts";

/** Of an EnvoyFilter. */
export interface Patch {
  applyTo: string;
  match: {context: string; routeConfiguration?: {vhost: {name: string; route: {action: string; name?: string}}}};
  patch: {operation: string; value: Record<string, unknown>};
}

export function patches(object: IstioObject): Patch[] {
  return object.spec["configPatches"] as unknown as Patch[];
}

/** The clusters that the matcher of a patch names: by lane, and for no lane. */
export function clusters({patch}: Patch): {lanes: Record<string, string>; none: string} {
  const text = JSON.stringify(patch.value);
  const lanes = [
    ...text.matchAll(/"([a-z0-9-]+)":\{"action":\{"name":"cluster","typed_config":\{[^}]*"cluster":"([^"]+)"/g),
  ];
  const all = lanes.map((match) => [match[1]!, match[2]!] as const).filter(([name]) => name !== "on_no_match");
  const none =
    /"on_no_match":\{"action":\{"name":"cluster","typed_config":\{[^}]*"cluster":"([^"]+)"/.exec(text)?.[1] ?? "";
  return {lanes: Object.fromEntries(all), none};
}
