import {watch} from "node:fs";

/** An editor saves in several steps. */
const SETTLE_MS = 50;

/**
 * Calls `changed` at once, for what changed before, and whenever something was written in one of the folders, once that has
 * settled. Folders, because a file that an editor replaces is another one to the kernel. Never calls it again before it has
 * resolved; what changed meanwhile is told by one more call.
 * @returns how to stop
 */
export function watchFolders(folders: readonly string[], changed: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    again = running;
    if (running) return;
    running = true;
    do {
      again = false;
      await changed();
    } while (again);
    running = false;
  };
  const watchers = folders.map((folder) =>
    watch(folder, () => {
      clearTimeout(timer);
      timer = setTimeout(() => void run(), SETTLE_MS);
    }),
  );
  void run();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
