import {readFileSync} from "node:fs";
import {join} from "node:path";
import {packageRoot} from "../package-root.ts";

const file = join(packageRoot, "package.json");

/** The version of this program, as its package says. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(file, "utf8")) as {version: string}).version;
}
