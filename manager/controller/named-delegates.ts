import {isAdopted, original} from "../model/adopted.ts";
import {isOurs, type KubernetesObject} from "../model/kubernetes.ts";
import {withoutLanes} from "../model/pasted.ts";
import type {JsonObject} from "../render/filter-config.ts";
import type {IstioObject, Notice, Rendering} from "../render/istio/options.ts";
import {identity, purposes} from "../render/istio/own-object.ts";
import type {ClusterState} from "./cluster-state.ts";
import {delegatesNamed, keyOf} from "./still-named.ts";

/**
 * Delegates of ours that nothing needs any more, but that a route of a user names: without one istiod drops the route, and its
 * clients get 404. They stay, and lead to the baseline: no route of a lane is left without a guard.
 */
export function withDelegates(rendering: Rendering, {live, objects}: ClusterState): Rendering {
  const wanted = new Set(rendering.objects.map(identity));
  const left = live.filter((object) => object.kind === "VirtualService" && !isAdopted(object));
  const kept = new Set(rendering.kept);
  const stays = (object: KubernetesObject) => [identity(object), ...purposes(object)].some((what) => kept.has(what));
  const gone = left.filter((object) => !wanted.has(identity(object)) && !stays(object));
  if (gone.length === 0) return rendering;
  const roots = objects.map(original).filter((object) => object.kind === "VirtualService" && !isOurs(object));
  const naming = gone.flatMap((delegate) => {
    const root = roots.find((user) => delegatesNamed(user).includes(keyOf(delegate)));
    return root === undefined ? [] : [{delegate, root}];
  });
  return {
    ...rendering,
    objects: [...rendering.objects, ...naming.map(({delegate}) => onBaseline(delegate))],
    notices: [...rendering.notices, ...naming.map(({delegate, root}) => notice(delegate, root))],
  };
}

function onBaseline({apiVersion, kind, metadata, spec}: KubernetesObject): IstioObject {
  const {name, namespace = "default", labels = {}, annotations} = metadata;
  return {
    apiVersion,
    kind,
    metadata: {name, namespace, labels, ...(annotations === undefined ? {} : {annotations})},
    spec: withoutLanes(spec) as JsonObject,
  };
}

function notice(delegate: KubernetesObject, root: KubernetesObject): Notice {
  return {
    severity: "warning",
    subject: `VirtualService ${keyOf(root)} (yours)`,
    reason: "DelegateNamed",
    message: `delegates to ${keyOf(delegate)}, which no group needs any more; it stays while it is named, without lanes`,
    hint: "Take delegate: out of the route, or let it point elsewhere.",
  };
}
