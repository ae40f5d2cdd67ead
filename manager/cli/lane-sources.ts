import type {SourceText} from "../model/index.ts";
import {UsageError} from "./exit.ts";
import {readSources} from "./files.ts";
import type {Terminal} from "./terminal.ts";

interface SourceOptions {
  file?: string[];
  plainHttp: boolean;
}

/** The lane files of a registry and those behind `-f`. @throws UsageError where neither is named */
export async function laneSources(
  verb: string,
  reference: string | undefined,
  {file = [], plainHttp}: SourceOptions,
  terminal: Terminal,
): Promise<SourceText[]> {
  if (reference === undefined && file.length === 0)
    throw new UsageError(`name what to ${verb}: -f FILE, or oci://HOST/NAME@sha256:...`);
  if (reference === undefined) return readSources(file, terminal);
  // Most lanes come from files, and then nothing of a registry has to be loaded.
  const {isReference, readLanes, withoutCredentials} = await import("../image/index.ts");
  const {referenceArgument} = await import("./registry-options.ts");
  if (!isReference(reference))
    throw new UsageError(`${withoutCredentials(reference)} is no reference; a file is named with -f`);
  return [...(await readLanes(referenceArgument(reference), {plainHttp})), ...(await readSources(file, terminal))];
}
