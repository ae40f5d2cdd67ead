import {isNewer} from "../../model/version-order.ts";
import type {Inspection, ProxyFact} from "./inspection.ts";
import {failed, ok, type Result, some, warning} from "./result.ts";

/** Versions that were tried, `MAJOR.MINOR`; docs/versions.md tells how. */
export const tried = {
  Kubernetes: ["1.36"],
  Istio: ["1.31"],
  Envoy: ["1.36", "1.37", "1.39", "1.40"],
} as const;

/** The oldest that can work: rules of CRDs are in CEL, and the filter's functions are those of Envoy 1.36. */
const oldest: Partial<Record<Part, string>> = {Kubernetes: "1.29", Envoy: "1.36"};

/** Of an istiod whose answer has no version. */
export const unknownVersion = "unknown";

type Part = keyof typeof tried;

export function checkVersions(inspection: Inspection): Result[] {
  const {kubernetes, istio} = inspection.versions;
  return [
    ...installed(inspection),
    judge("Kubernetes", kubernetes === undefined ? [] : [kubernetes]),
    ...judgeIstio(istio),
    judge("Envoy", envoys(inspection.proxies)),
  ];
}

function installed({program, settings}: Inspection): Result[] {
  if (settings === undefined || settings === null) return [];
  const {version} = settings;
  const said = `Meshlane ${version} is installed, this program is ${program}`;
  if (isNewer(version, program)) return [failed("versions", said, `Use meshlane ${version} or later.`)];
  if (isNewer(program, version)) return [warning("versions", said, "Run meshlane upgrade.")];
  return [ok("versions", said)];
}

function envoys(proxies: readonly ProxyFact[]): string[] {
  return proxies.flatMap(({envoy}) => (envoy === undefined ? [] : [envoy]));
}

/** A build of one's own may tell none. */
function judgeIstio(versions: readonly string[]): Result[] {
  const told = versions.filter((version) => version !== unknownVersion);
  if (told.length === versions.length) return [judge("Istio", told)];
  const silent = warning("versions", "istiod does not tell its version", hintOf("Istio"));
  return told.length === 0 ? [silent] : [judge("Istio", told), silent];
}

function judge(part: Part, versions: readonly string[]): Result {
  const distinct = [...new Set(versions)].sort();
  if (distinct.length === 0) return warning("versions", `${part} could not be asked for its version`, hintOf(part));
  const said = `${part} ${some(distinct)}`;
  const minors = distinct.map(minorOf);
  const least = oldest[part];
  if (least !== undefined && minors.some((minor) => minor !== undefined && isOlder(minor, least))) {
    return failed("versions", `${said}: Meshlane needs ${least}`, `Update ${part}.`);
  }
  const untried = distinct.filter((version) => !(tried[part] as readonly string[]).includes(minorOf(version) ?? ""));
  if (untried.length === 0) return ok("versions", said);
  return warning("versions", `${said}: ${some(untried)} was not tried`, hintOf(part));
}

function hintOf(part: Part): string {
  return `Tried were ${part} ${tried[part].join(", ")}: docs/versions.md.`;
}

function minorOf(version: string): string | undefined {
  return /^\D*(\d+\.\d+)/.exec(version)?.[1];
}

function isOlder(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}
