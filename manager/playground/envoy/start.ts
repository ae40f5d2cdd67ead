import {join} from "node:path";

import type {Child, Processes} from "../processes/processes.ts";

/** Envoy's own words are shown from this level on. */
const LEVEL = "error";

/** Starts the proxy of that name in its folder; its files stand there already. */
export function startEnvoy(
  processes: Processes,
  envoy: string,
  name: string,
  log: (line: string) => void,
): Promise<Child> {
  const flags = ["--concurrency", "2", "--disable-hot-restart", "--log-level", LEVEL, "--log-format", "%v"];
  return processes.spawn(`${name} sidecar`, envoy, ["-c", "bootstrap.json", ...flags], {
    cwd: join(processes.folder, "proxies", name),
    onLine: (line) => log(`${name}: ${line}`),
  });
}
