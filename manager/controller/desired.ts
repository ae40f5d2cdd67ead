import {clusterFacts} from "../compile/cluster-objects.ts";
import type {ClusterFacts} from "../compile/cluster-facts.ts";
import {compileMesh, type Owners, type Plan} from "../compile/index.ts";
import {keyOf, type Mesh, type Problem} from "../model/index.ts";
import {isAdopted} from "../model/adopted.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import type {GroupStatus} from "../model/status.ts";
import {renderIstio} from "../render/istio/index.ts";
import type {Rendering} from "../render/istio/options.ts";
import type {ClusterState} from "./cluster-state.ts";
import {soundMesh} from "./cluster-mesh.ts";
import {type Judged, judgedFor} from "./concerns.ts";
import {withDelegates} from "./named-delegates.ts";
import {nameTaken} from "./names-taken.ts";
import {waysTo} from "./reach.ts";
import {waitingLanes} from "./waiting.ts";
import type {Settings} from "./settings.ts";

/** What is to be in the cluster, and from what it follows. */
export interface Desired {
  readonly mesh: Mesh;
  readonly facts: ClusterFacts;
  readonly plan: Plan;
  readonly rendering: Rendering;
  /** Of groups and lanes in the cluster that are not fit for use, and so left out. */
  readonly problems: readonly Problem[];
  /** What the lanes of these names wait for, one line a destination. */
  waiting(lanes: readonly string[]): string[];
  /** Problems and notices; what is wrong with others than these groups and lanes, or what is handed over now, is a warning. */
  judgedFor(objects: readonly KubernetesObject[]): Judged;
  /** Lines that tell how to reach a lane from outside. */
  ways(lane: string): string[];
}

/** Pure: the same state gives the same objects. @param adopt Services, `NAMESPACE/NAME`, whose VirtualService is handed over now */
export function desired(state: ClusterState, settings: Settings, adopt: readonly string[]): Desired {
  const {mesh, problems} = soundMesh([...state.groups, ...state.lanes]);
  const facts = clusterFacts(state.objects, {complete: true});
  const plan = compileMesh(mesh, facts, ownersOf(state.groups));
  const handed = state.live.filter((object) => object.kind === "VirtualService" && isAdopted(object));
  const standing = state.live.filter((object) => !isAdopted(object));
  const options = {...settings, adopt, handed, standing, obstacle: nameTaken(state.objects)};
  const rendering = withDelegates(renderIstio(plan, mesh, facts, options), state);
  return {
    mesh,
    facts,
    plan,
    rendering,
    problems,
    judgedFor: (objects) =>
      judgedFor({objects, adopt}, mesh, {problems, notices: rendering.notices}, (part) => {
        const ofPart = compileMesh(part, facts, ownersOf(state.groups));
        return renderIstio(ofPart, part, facts, options).notices;
      }),
    waiting: (lanes) => waitingLanes(lanes, plan, facts, state.objects),
    ways: (name) => {
      const lane = mesh.lanes.find(({metadata}) => metadata.name === name);
      const group = mesh.groups.find((one) => keyOf(one) === lane?.spec.group);
      return group === undefined ? [] : waysTo(name, group, {groups: mesh.groups, facts, objects: state.objects});
    },
  };
}

/** Who owned which bucket, as the groups' status says. */
function ownersOf(groups: readonly KubernetesObject[]): Owners {
  return Object.fromEntries(
    groups.map((group) => {
      const {metadata} = group;
      const {buckets = {}} = (group.status ?? {}) as GroupStatus;
      return [keyOf({metadata: {name: metadata.name, namespace: metadata.namespace ?? "default"}}), buckets];
    }),
  ) as unknown as Owners;
}
