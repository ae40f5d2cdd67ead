import {loadMesh} from "../model/index.ts";
import {allocators, isCalled, isOffered} from "./envoy-offers.ts";
import type {Fetched} from "./fetch-artifact.ts";
import {holdsLanes, lanesOf} from "./lanes.ts";
import {annotationNames, contentAnnotations, wasmType} from "./module-image.ts";
import {abiOf, type Interface, interfaceOf} from "./wasm.ts";

export interface Check {
  readonly check: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
  /** What to do where it is not ok. */
  readonly hint?: string;
}

/** Bytes. Every proxy of the mesh holds a module once a worker. */
const largestModule = 1 << 20;
const abi = "0.2.1";

/** Checks of what came from a registry or a layout, where digests and sizes have been compared already. */
export function verifyArtifact(fetched: Fetched): Check[] {
  const {digest, layers} = fetched;
  const digests = ok("digest", `${digest}, and of ${layers.length} layer${layers.length === 1 ? "" : "s"}`);
  if (holdsLanes(fetched)) return [digests, lanes(fetched)];
  const wasm = layers.filter(({descriptor}) => descriptor.mediaType === wasmType);
  const bytes = wasm[0]?.bytes;
  if (bytes === undefined) return [digests, form(fetched)];
  return [digests, form(fetched), ...verifyModule(bytes), annotations(fetched, bytes)];
}

/** Checks of a module by itself. */
export function verifyModule(bytes: Uint8Array): Check[] {
  const size = result(bytes.byteLength <= largestModule, "size", `${bytes.byteLength} bytes`, {
    hint: `A module of the filter has at most ${largestModule}: is it built for release?`,
  });
  try {
    const found = interfaceOf(bytes);
    return [size, ok("module", "valid"), version(found), imports(found), exports(found)];
  } catch (error) {
    return [size, failed("module", (error as Error).message, "Name a .wasm file, or build it anew: meshlane build")];
  }
}

/** The form in which Istio's agent takes a module (see `moduleImage`). */
function form({layers}: Fetched): Check {
  const types = layers.map(({descriptor}) => descriptor.mediaType);
  const good = types.length === 2 && types.includes(wasmType) && !types.at(-1)!.endsWith("tar+gzip");
  const hint = `Two layers, one of type ${wasmType}, are what Istio's agent takes: meshlane push makes such an image`;
  return result(good, "form", `layers ${types.join(", ") || "none"}`, {hint});
}

function version(found: Interface): Check {
  const has = abiOf(found);
  return result(has === abi, "abi", has === undefined ? "no proxy_abi_version_* export" : `proxy-wasm ${has}`, {
    hint: `Meshlane's modules are for proxy-wasm ${abi}`,
  });
}

function imports({imports: wanted}: Interface): Check {
  const missing = wanted.filter(({module, name, kind}) => kind !== "function" || !isOffered(module, name));
  if (missing.length === 0) return ok("imports", `${wanted.length}, all offered by Envoy`);
  const names = missing.map(({module, name}) => `${module}.${name}`).join(", ");
  return failed(
    "imports",
    `Envoy does not offer ${names}`,
    "Envoy rejects the module, and requests may answer 500: do not ship it",
  );
}

function exports({exports: offers}: Interface): Check {
  const names = offers.map(({name}) => name);
  const lacks = [
    ...(offers.some(({name, kind}) => name === "memory" && kind === "memory") ? [] : ["memory"]),
    ...(allocators.some((name) => names.includes(name)) ? [] : [allocators.join(" or ")]),
  ];
  const unknown = names.filter((name) => name.startsWith("proxy_on_") && !allocators.includes(name) && !isCalled(name));
  const hint = "Envoy calls the names of proxy-wasm only, and needs memory and an allocator";
  if (lacks.length > 0) return failed("exports", `without ${lacks.join(", ")}`, hint);
  if (unknown.length > 0) return failed("exports", `Envoy never calls ${unknown.join(", ")}`, hint);
  return ok("exports", names.filter(isCalled).join(", ") || "no callback");
}

function annotations({manifest}: Fetched, bytes: Uint8Array): Check {
  const said = manifest.annotations ?? {};
  const lacks = [annotationNames.version, annotationNames.revision].filter((name) => !said[name]);
  if (lacks.length > 0)
    return failed("annotations", `without ${lacks.join(", ")}`, "Images of meshlane push have them");
  const wrong = Object.entries(contentAnnotations(bytes)).filter(([name, value]) => said[name] !== value);
  if (wrong.length === 0) {
    return ok("annotations", `version ${said[annotationNames.version]}, revision ${said[annotationNames.revision]}`);
  }
  const found = wrong.map(([name, value]) => `${name} says ${said[name] ?? "nothing"}, the module ${value}`).join("; ");
  return failed("annotations", found, "Somebody has put another module under them: push it anew");
}

function lanes(fetched: Fetched): Check {
  const sources = lanesOf(fetched);
  const problems = loadMesh(sources).problems.filter(({severity}) => severity === "error");
  const [first] = problems;
  if (first === undefined) return ok("lanes", sources.map(({name}) => name).join(", "));
  const found = `${problems.length} wrong, the first: ${first.message} (${first.file}:${first.line})`;
  return failed("lanes", found, "meshlane validate -f FILE names them all");
}

function result(good: boolean, check: string, detail: string, {hint}: {hint: string}): Check {
  return good ? ok(check, detail) : failed(check, detail, hint);
}

function ok(check: string, detail: string): Check {
  return {check, ok: true, detail};
}

function failed(check: string, detail: string, hint: string): Check {
  return {check, ok: false, detail, hint};
}
