import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

/** The top folder of the project. */
export const top = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export const at = (...parts) => join(top, ...parts);
