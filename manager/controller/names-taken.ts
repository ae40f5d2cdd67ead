import {isOurs, isRendered, type KubernetesObject, unrendered} from "../model/kubernetes.ts";
import type {IstioObject, Notice} from "../render/istio/options.ts";
import {identity, purposes} from "../render/istio/own-object.ts";
import {keyOf} from "./changes.ts";
import {isThere, mayWrite} from "./compare.ts";

/** What keeps an object from being written: another of its name, which is somebody else's and not already as it is to be. */
export function nameTaken(objects: readonly KubernetesObject[]): (object: IstioObject) => Notice | undefined {
  const theirs = new Map(objects.filter((object) => !isOurs(object)).map((object) => [keyOf(object), object]));
  return (object) => {
    const live = theirs.get(keyOf(object));
    if (live === undefined || mayWrite(object, live) || isThere(object, unrendered(live))) return undefined;
    return isRendered(live) ? renderedElsewhere(object) : notOurs(object);
  };
}

function renderedElsewhere(object: IstioObject): Notice {
  return {
    severity: "error",
    subject: identity(object),
    reason: "RenderedElsewhere",
    message: `is from meshlane render, so who applies that writes it, and it stays as it is${withIt(object)}`,
    hint: "Keep these lanes there too; or remove it there and delete it, and apply again.",
  };
}

function notOurs(object: IstioObject): Notice {
  return {
    severity: "error",
    subject: identity(object),
    reason: "NotOurs",
    message:
      "has a name of ours, but not the label app.kubernetes.io/managed-by: meshlane, so it is somebody else's and stays as it " +
      `is${withIt(object)}`,
    hint: "Rename or remove it, and apply again.",
  };
}

/** What depends on the object. */
function withIt(object: IstioObject): string {
  const what = purposes(object);
  return what.length === 0 ? "" : `; so does all that needs it (${what.join(", ")})`;
}
