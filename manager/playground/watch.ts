import {watch} from "node:fs";
import {dirname, resolve} from "node:path";

/** An editor saves in several steps. */
const SETTLE_MS = 50;

/**
 * Calls `changed` after each of the files was written or replaced, once the file has settled. Never calls it again before it
 * has resolved; what changed meanwhile is told by one more call.
 * @returns how to stop
 */
export function watchFiles(files: readonly string[], changed: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await changed();
    } while (again);
    running = undefined;
  };
  const settled = (): void => {
    if (running) again = true;
    else running = run();
  };
  const wanted = new Set(files.map((file) => resolve(file)));
  // Folders, because a file that an editor replaces is another one to the kernel.
  const watchers = [...new Set([...wanted].map((file) => dirname(file)))].map((folder) =>
    watch(folder, (_, name) => {
      if (name !== null && !wanted.has(resolve(folder, name))) return;
      clearTimeout(timer);
      timer = setTimeout(settled, SETTLE_MS);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
