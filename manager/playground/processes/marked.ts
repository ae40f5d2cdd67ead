import {readdirSync, readFileSync} from "node:fs";
import {setTimeout as pause} from "node:timers/promises";

/** The environment variable that marks the processes of one playground. */
export const MARK = "MESHLANE_PLAYGROUND";

/**
 * Process ids of all running processes whose environment holds the mark. A mark is looked for, not a list of ids:
 * ids are used again by the system, and a child may be born in the very moment in which its parent is killed.
 */
function markedProcesses(mark: string): number[] {
  const ids = readdirSync("/proc").filter((entry) => /^[0-9]+$/.test(entry));
  return ids.filter((id) => carries(id, `${MARK}=${mark}`)).map(Number);
}

/** Sends TERM to every marked process, KILL to those that are still there after the grace, and waits for their end. */
export async function endMarked(mark: string, graceMs: number): Promise<void> {
  signalAll(markedProcesses(mark), "SIGTERM");
  if (await allGone(mark, graceMs)) return;
  signalAll(markedProcesses(mark), "SIGKILL");
  await allGone(mark, 2000);
}

/** Zombies and processes of other users show no environment and carry no mark. */
function carries(id: string, entry: string): boolean {
  try {
    return readFileSync(`/proc/${id}/environ`, "latin1").split("\0").includes(entry);
  } catch {
    return false;
  }
}

async function allGone(mark: string, ms: number): Promise<boolean> {
  const step = 25;
  for (let waited = 0; waited < ms; waited += step) {
    if (markedProcesses(mark).length === 0) return true;
    await pause(step);
  }
  return markedProcesses(mark).length === 0;
}

function signalAll(ids: number[], signal: NodeJS.Signals): void {
  for (const id of ids) {
    try {
      process.kill(id, signal);
    } catch {
      // It ended by itself in between.
    }
  }
}
