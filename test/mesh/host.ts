import {createWriteStream} from "node:fs";
import {join} from "node:path";
import type {Child, Processes} from "../../manager/playground/processes/processes.ts";
import type {Network} from "./network/network.ts";
import type {Parts} from "./parts/parts.ts";

/** What all parts of one mesh stand on. */
export interface Host {
  readonly processes: Processes;
  readonly network: Network;
  readonly parts: Parts;
  /** Removed at the end. Others may pass through it and read nothing. */
  readonly folder: string;
  /** `FOLDER/logs` */
  readonly logs: string;
  /** Starts a program whose output goes to `LOGS/NAME.log`; told in `say` when it ends by itself. */
  readonly start: (name: string, program: string, args: string[]) => Promise<Child>;
  readonly say: (line: string) => void;
}

export function hostOn(parts: Pick<Host, "processes" | "network" | "parts" | "say">): Host {
  const {processes, say} = parts;
  const {folder} = processes;
  const logs = join(folder, "logs");
  const start: Host["start"] = async (name, program, args) => {
    const log = createWriteStream(join(logs, `${name}.log`), {flags: "a"});
    const child = await processes.spawn(name, program, args, {onLine: (line) => void log.write(`${line}\n`)});
    void child.exited.then(({code, signal}) => {
      log.end();
      if (!processes.stopping.aborted)
        say(`${name} ended (${signal ?? `exit ${code}`}); its log: ${log.path as string}`);
    });
    return child;
  };
  return {...parts, folder, logs, start};
}
