import {isDeepStrictEqual} from "node:util";
import {type Mesh, older, precedence} from "../model/index.ts";
import type {ClusterState} from "./cluster-state.ts";
import {type SoundMesh, soundMesh} from "./cluster-mesh.ts";
import type {Desired} from "./desired.ts";
import type {Task} from "./pass.ts";
import type {Decide} from "./reconcile.ts";
import type {Settings} from "./settings.ts";

/** All that a decision follows from. */
interface Inputs {
  readonly state: ClusterState;
  readonly settings: Settings;
  readonly adopt: readonly string[];
  readonly asked: object;
}

/**
 * Decides as the given function does, which takes a while where there are many lanes; but where nothing that it follows from
 * has changed since the last time, the same task is given again. A command decides before it writes its lanes, to know what
 * it may need, and when it has written them.
 */
export function remembering(decide: Decide): Decide {
  let last: {readonly inputs: Inputs; readonly task: Task<Desired>} | undefined;
  return (read, settings, {adopt = [], suppose = (same) => same}) => {
    const state = suppose(read);
    if (last !== undefined) {
      const inputs = {state, settings, adopt, asked: asked(state, soundMesh([...state.groups, ...state.lanes]))};
      if (isSame(last.inputs, inputs)) return last.task;
    }
    const task = decide(state, settings, {adopt});
    last = {inputs: {state, settings, adopt, asked: asked(state, task.aim)}, task};
    return task;
  };
}

function isSame(one: Inputs, other: Inputs): boolean {
  return (
    one.state.objects === other.state.objects &&
    isDeepStrictEqual(one.asked, other.asked) &&
    isDeepStrictEqual([one.settings, one.adopt], [other.settings, other.adopt])
  );
}

/** What groups and lanes ask for; of their age nothing matters but the order that it gives. */
function asked(state: ClusterState, {mesh, problems}: SoundMesh): object {
  const owners = state.groups.map(({metadata, status}) => [metadata.namespace, metadata.name, status]);
  return {
    groups: mesh.groups.toSorted(older).map(ageless),
    lanes: mesh.lanes.toSorted(precedence).map(ageless),
    problems,
    owners,
  };
}

function ageless<Item extends Mesh["groups"][number] | Mesh["lanes"][number]>({metadata, ...rest}: Item): object {
  const {creationTimestamp: _, ...kept} = metadata;
  return {...rest, metadata: kept};
}
