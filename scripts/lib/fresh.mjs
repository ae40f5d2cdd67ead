import {createHash} from "node:crypto";
import {readdirSync, readFileSync, statSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {at, top} from "./place.mjs";

/** One hash over names and contents of all files in these files and folders; what is absent counts as such. */
export function contentHash(paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesIn).sort()) {
    hash.update(`${path}\0`).update(
      createHash("sha256")
        .update(readFileSync(join(top, path)))
        .digest(),
    );
  }
  return hash.digest("hex");
}

/** Whether the stamp, a file that `stamp` wrote, names this hash. */
export function isStamped(file, hash) {
  return read(file) === hash;
}

export function stamp(file, hash) {
  writeFileSync(file, hash);
}

/**
 * Whether node_modules holds what package-lock.json asks for, by the list that npm leaves there. Packages for other
 * systems are optional and may be absent.
 */
export function packagesAreFresh() {
  const wanted = packagesOf(read(at("package-lock.json")));
  const held = packagesOf(read(at("node_modules", ".package-lock.json")));
  if (wanted === undefined || held === undefined) return false;
  const same = (path) =>
    wanted[path]?.version === held[path]?.version && wanted[path]?.integrity === held[path]?.integrity;
  return (
    Object.keys(held).every(same) &&
    Object.keys(wanted).every((path) => path === "" || path in held || wanted[path].optional === true)
  );
}

function packagesOf(lockfile) {
  return lockfile === undefined ? undefined : JSON.parse(lockfile).packages;
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function filesIn(path) {
  const info = statSync(join(top, path), {throwIfNoEntry: false});
  if (info === undefined) return [];
  if (!info.isDirectory()) return [path];
  return readdirSync(join(top, path)).flatMap((entry) => (SKIPPED.has(entry) ? [] : filesIn(join(path, entry))));
}

const SKIPPED = new Set(["build", "node_modules"]);
