import type {Mesh} from "../../test/mesh/client/mesh.ts";
import {Caller} from "./caller.ts";
import {meshlane, type Timed} from "./command.ts";
import {type Pushes, pushesOf, settled} from "./istiod.ts";
import {addressOf, hostOf} from "./requests.ts";
import {CALLER_POD, extraLane, LANE_POD, NAMESPACE} from "./scenario.ts";
import {estimate, type Estimate} from "./statistics.ts";

/** From the start of `meshlane apply -f` of a new lane. Milliseconds. */
export interface Reach {
  /** Until the first request in the lane that the lane's workload answered. */
  readonly first: Estimate;
  /** Until the command ended. */
  readonly command: Estimate;
  /** That the processor worked for the command. */
  readonly commandCpu: Estimate;
  /** What istiod sent for the new lanes. */
  readonly pushes: Pushes;
  readonly samples: readonly number[];
}

const PATIENCE_MS = 120_000;

/** Applies one new lane after the other on service `hot-N`; each has a Service of its own, whose pod is ready before. */
export async function measureReach(mesh: Mesh, hot: number, count: number, prefix: string): Promise<Reach> {
  const extra = Array.from({length: count}, (_, index) => extraLane(`${prefix}-${index + 1}`, hot));
  const caller = new Caller(await mesh.pod(NAMESPACE, {app: CALLER_POD}));
  try {
    await mesh.apply(...extra.map(({service}) => service));
    const address = await addressOf(mesh);
    const samples: number[] = [];
    const commands: Timed[] = [];
    // The new Services are known to the proxy, as workloads are that have been ready for a moment.
    for (const {service} of extra) {
      const host = `${service.metadata.name}.${NAMESPACE}.svc.cluster.local`;
      await caller.until(LANE_POD, {address, host}, PATIENCE_MS);
    }
    const pushes = await pushesOf(mesh, async () => {
      for (const {lane} of extra) {
        // The lane before has arrived everywhere: a mesh that still learns of one is busy.
        await settled(mesh);
        const answered = caller.until(LANE_POD, {address, host: hostOf(hot), lane: lane.metadata.name}, PATIENCE_MS);
        const [at, command] = await Promise.all([answered, meshlane(mesh, "apply", [lane])]);
        samples.push(at - command.began);
        commands.push(command);
      }
    });
    return {
      pushes,
      first: estimate(samples),
      command: estimate(commands.map(({ms}) => ms)),
      commandCpu: estimate(commands.map(({cpuMs}) => cpuMs)),
      samples: samples.map(Math.round),
    };
  } finally {
    await caller.stop();
    await meshlane(
      mesh,
      "delete",
      extra.map(({lane}) => lane),
      "--ignore-not-found",
    );
    await mesh.delete(...extra.map(({service}) => service));
  }
}
