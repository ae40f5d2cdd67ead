import {readFile, rename, writeFile} from "node:fs/promises";
import {dirname, join} from "node:path";
import {z} from "zod";

import {BUCKETS} from "../compile/buckets.ts";
import type {Owners, Run} from "../compile/plan.ts";

/** `meshlane.lock`: who owns which bucket, so that offline too a weight that changes moves nobody else. */
const lockFile = z.strictObject({
  version: z.literal(1),
  groups: z.record(
    z.string(),
    z.record(z.string(), z.array(z.tuple([bucket(0, BUCKETS - 1), bucket(1, BUCKETS)]))).refine(disjoint),
  ),
});

function bucket(least: number, most: number): z.ZodNumber {
  return z.int().min(least).max(most);
}

/** A merge of two branches can give one bucket to two lanes. */
function disjoint(lanes: Readonly<Record<string, readonly Run[]>>): boolean {
  const runs = Object.values(lanes)
    .flat()
    .toSorted(([a], [b]) => a - b);
  return runs.every(([first, count], index) => first + count <= (runs[index + 1]?.[0] ?? BUCKETS));
}

/** The lock file stands beside the first lane file. */
export function lockPath(firstFile: string): string {
  return join(dirname(firstFile), "meshlane.lock");
}

/**
 * @returns no owners where there is no file yet
 * @throws Error that names the file when it cannot be read as one of ours
 */
export async function readOwners(path: string): Promise<Owners> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    return lockFile.parse(JSON.parse(text)).groups;
  } catch {
    throw new Error(
      `${path}: is not a lock file of this version. Take it back from version control; without it (remove it) every weighted lane gets its users anew`,
    );
  }
}

/** Writes the file whole or not at all, and only when it changes; one line a lane, so that a review sees who moved. */
export async function writeOwners(path: string, owners: Owners): Promise<void> {
  const groups = Object.entries(owners)
    .filter(([, lanes]) => Object.keys(lanes).length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, lanes]) => {
      const lines = Object.entries(lanes)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([lane, runs]) => `      ${JSON.stringify(lane)}: ${JSON.stringify(runs)}`);
      return `    ${JSON.stringify(group)}: {\n${lines.join(",\n")}\n    }`;
    });
  const body = groups.length === 0 ? "{}" : `{\n${groups.join(",\n")}\n  }`;
  const text = `{\n  "version": 1,\n  "groups": ${body}\n}\n`;
  if (text === (await readFile(path, "utf8").catch(() => undefined))) return;
  if (groups.length === 0 && !(await exists(path))) return;
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false,
  );
}
