import {readdir, readFile, stat} from "node:fs/promises";
import {join, resolve} from "node:path";
import type {SourceText} from "../model/index.ts";
import {UsageError} from "./exit.ts";
import type {Terminal} from "./terminal.ts";

/** What messages call standard input. */
export const standardInput = "standard input";

const readable = /\.(ya?ml|json)$/i;

/**
 * The texts behind `-f`: a file, `-` for standard input, or a folder, whose own YAML and JSON files are read by name.
 * @throws UsageError for what cannot be read
 */
export async function readSources(names: string[], {stdin}: Terminal): Promise<SourceText[]> {
  if (names.filter((name) => name === "-").length > 1) {
    throw new UsageError("-f - stands here twice, but standard input can be read only once");
  }
  const sources: SourceText[] = [];
  for (const name of names) {
    if (name === "-") sources.push({name: standardInput, text: await readAll(stdin)});
    else for (const file of await filesOf(name)) sources.push({name: file, text: await readText(file)});
  }
  return once(sources);
}

/** A file may be named twice, by itself and by its folder. */
function once(sources: SourceText[]): SourceText[] {
  return [...new Map(sources.map((source) => [resolve(source.name), source])).values()];
}

async function filesOf(name: string): Promise<string[]> {
  try {
    if (!(await stat(name)).isDirectory()) return [name];
    const files = (await readdir(name)).filter((file) => readable.test(file)).toSorted();
    if (files.length > 0) return files.map((file) => join(name, file));
  } catch (error) {
    throw unreadable(name, error);
  }
  throw new UsageError(`folder ${name} has no file that ends with .yaml, .yml or .json`);
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(name: string, error: unknown): UsageError {
  const {code, message} = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: "there is no such file or folder",
    EACCES: "it may not be read by this user",
    EISDIR: "it is a folder",
  };
  return new UsageError(`cannot read ${name}: ${(code !== undefined && reasons[code]) || message}`);
}

async function readAll(stream: AsyncIterable<string | Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
