import {isPrintable} from "../model/printable.ts";

/** Whether a file may be called so wherever it is pulled to: no path, not hidden, nothing that steers a terminal. */
export function isFileName(name: string): boolean {
  return /^[^./\\][^/\\]*$/.test(name) && isPrintable(name);
}
