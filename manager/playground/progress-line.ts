import type {WriteStream} from "node:tty";

const QUIET_MS = 5000;

/**
 * Shows lines of which each replaces the one before: on a terminal in place, elsewhere one every five seconds. `end`
 * leaves the last one standing.
 */
export function progressLine(to: Pick<WriteStream, "write"> & {isTTY?: boolean}): {
  show(line: string): void;
  end(): void;
} {
  let shownAt = -Infinity;
  return {
    show(line) {
      if (to.isTTY) to.write(`\r${line}\u001b[K`);
      else if (performance.now() - shownAt >= QUIET_MS) to.write(`${line}\n`);
      else return;
      shownAt = performance.now();
    },
    end() {
      if (to.isTTY && shownAt > -Infinity) to.write("\n");
    },
  };
}
