import {join} from "node:path";

import {formatProblem, loadMesh} from "../../../../manager/model/index.ts";
import {findEnvoy} from "../../../../manager/playground/envoy/binary.ts";
import {type LocalMesh, RunningMesh} from "../../../../manager/playground/mesh.ts";
import type {Pod} from "../../../../manager/playground/pod.ts";
import {Processes} from "../../../../manager/playground/processes/processes.ts";
import {type Ask, visit, type Visit} from "./visit.ts";

const modules = join(import.meta.dirname, "..", "..", "..", "..", "filter", "build");

/** A mesh that runs in this process, its proxies and programs in theirs. */
export class Local {
  readonly running: RunningMesh;
  /** What the mesh told the user. */
  readonly log: readonly string[];
  readonly #processes: Processes;

  private constructor(running: RunningMesh, log: readonly string[], processes: Processes) {
    this.running = running;
    this.log = log;
    this.#processes = processes;
  }

  static async start(text: string): Promise<Local> {
    const processes = await Processes.start();
    const log: string[] = [];
    try {
      const running = await RunningMesh.start(
        meshOf(text),
        {},
        {
          processes,
          envoy: await findEnvoy({version: "1.40.0"}),
          modules,
          withoutFilter: false,
          log: (line) => log.push(line),
        },
      );
      return new Local(running, log, processes);
    } catch (error) {
      await processes.stop();
      throw new Error(log.join("\n"), {cause: error});
    }
  }

  get port(): number {
    return this.running.edgePort;
  }

  update(text: string): Promise<void> {
    return this.running.update(meshOf(text));
  }

  visit(ask: Ask = {}): Promise<Visit> {
    return visit(this.port, this.running.mesh.playground.spec.entry, ask);
  }

  pod(name: string): Pod {
    const found = this.running.pods.find((pod) => pod.name === name);
    if (found === undefined) throw new Error(`no pod ${name}`);
    return found;
  }

  kill(name: string, what: "application" | "sidecar", signal: NodeJS.Signals): void {
    const pid = this.pod(name).pids[what];
    if (pid === undefined) throw new Error(`no ${what} of ${name} runs`);
    process.kill(pid, signal);
  }

  stop(): Promise<void> {
    return this.#processes.stop();
  }
}

function meshOf(text: string): LocalMesh {
  const {mesh, problems} = loadMesh([{name: "shop.yaml", text}]);
  const errors = problems.filter(({severity}) => severity === "error");
  const {playground} = mesh;
  if (errors.length > 0 || playground === undefined) throw new Error(errors.map(formatProblem).join("\n"));
  return {...mesh, playground};
}
