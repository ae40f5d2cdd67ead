import {isAdopted} from "../../model/adopted.ts";
import type {KubernetesObject} from "../../model/kubernetes.ts";
import {type IstioObject, type IstioOptions, type Notice, PART, type Rendering} from "./options.ts";
import {identity, madeFor, purposes, undecided} from "./own-object.ts";
import {unfit} from "./unfit.ts";

/**
 * The parts of a rendering as one, without the objects that may not be written and without what would be wrong without these: a
 * service's destinations and routes stay together, and so do all services of what was handed over.
 */
export function together(parts: readonly Rendering[], options: IstioOptions): Rendering {
  const all = merged(parts.flatMap((part) => part.objects));
  const open = parts.flatMap((part) => part.kept ?? []);
  const unwritten = all.flatMap((object): Left[] => {
    const notice = unfit(object, options);
    return notice === undefined ? [] : [{names: [identity(object), ...withIt(object)], notice}];
  });
  const left = [...unwritten, ...heldUp(all, options, new Set([...open, ...unwritten.flatMap(({names}) => names)]))];
  const refused = new Set(left.flatMap(({names}) => names));
  const stays = (object: IstioObject) => [identity(object), ...purposes(object)].some((what) => refused.has(what));
  return {
    objects: all.filter((object) => !stays(object)).sort(byIdentity),
    notices: distinct([...parts.flatMap(({notices}) => notices), ...left.map(({notice}) => notice)]),
    kept: [...new Set([...open, ...refused])].sort(),
  };
}

/** An object that is not written, with all that depends on it, and why. */
interface Left {
  readonly names: readonly string[];
  readonly notice: Notice;
}

/**
 * What was handed over for several services has the routes of all, and needs the destinations of all: where one of them is
 * undecided, no other changes, though it may have no lane any more.
 */
function heldUp(objects: readonly IstioObject[], {handed = []}: IstioOptions, kept: ReadonlySet<string>): Left[] {
  const adopted = objects.filter(isAdopted);
  const wanted = new Set(adopted.map(identity));
  return [...adopted, ...handed.filter((object) => !wanted.has(identity(object)))].flatMap((object) => {
    const all = purposes(object);
    const open = all.filter((what) => kept.has(what));
    if (open.length === 0 || open.length === all.length) return [];
    const names = [identity(object), ...all.flatMap((what) => undecided(serviceIn(what)))];
    return [{names, notice: {...handedOverTogether(object, open), concerns: names}}];
  });
}

function handedOverTogether(object: KubernetesObject, open: readonly string[]): Notice {
  const services = open.map(serviceIn).join(", ");
  const all = purposes(object).join(", ");
  return {
    severity: "error",
    subject: `${identity(object)} (yours)`,
    reason: "HandedOverTogether",
    message: `is handed over for several services, of which ${services} cannot be decided; it stays as it is, and so does all that needs it (${all})`,
    hint: `See what is said of ${services}.`,
  };
}

/** The mesh's routes and those of the gateways rest on the same destinations. */
function merged(objects: readonly IstioObject[]): IstioObject[] {
  const all = new Map<string, IstioObject>();
  for (const object of objects) {
    const met = all.get(identity(object));
    all.set(identity(object), met === undefined ? object : madeFor(purposes(object), met));
  }
  return [...all.values()];
}

/** Routes without the destinations that they name would refuse every request, so a service's objects stay together. */
function withIt(object: IstioObject): string[] {
  const isRoute = ["destinations", "routes"].includes(object.metadata.labels[PART] ?? "");
  return isRoute ? purposes(object).flatMap((what) => undecided(serviceIn(what))) : [];
}

/** `shop/cart` of `routes shop/cart`. */
function serviceIn(purpose: string): string {
  return purpose.split(" ")[1] ?? "";
}

/** What is said of several things is said once. */
function distinct(notices: readonly Notice[]): Notice[] {
  const all = new Map<string, Notice>();
  for (const notice of notices) {
    const text = JSON.stringify({...notice, concerns: []});
    const concerns = new Set([...(all.get(text)?.concerns ?? []), ...(notice.concerns ?? [])]);
    all.set(text, concerns.size === 0 ? notice : {...notice, concerns: [...concerns].sort()});
  }
  return [...all.values()];
}

function byIdentity(a: IstioObject, b: IstioObject): number {
  return sortKey(a) < sortKey(b) ? -1 : 1;
}

function sortKey({kind, metadata}: IstioObject): string {
  return [kind, metadata.namespace, metadata.name].join("/");
}
