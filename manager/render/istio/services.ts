import {isDeepStrictEqual} from "node:util";
import type {ClusterFacts} from "../../compile/cluster-facts.ts";
import {hostOf} from "../../compile/hosts.ts";
import type {Plan} from "../../compile/plan.ts";
import {isEdited} from "../../model/adopted.ts";
import type {Mesh} from "../../model/index.ts";
import {isRendered, type KubernetesObject} from "../../model/kubernetes.ts";
import {adopt, handedOver, pasted} from "./adopt.ts";
import {noAdoption} from "./adoptable.ts";
import {conflict, isMatcherOf, type Native, nativeRoutes, whatStays} from "./conflicts.ts";
import {renderDestinations} from "./destinations.ts";
import {type ForeignVirtualService, meshVirtualServices, virtualServices} from "./foreign.ts";
import {baselineRoutes, laneRoutes} from "./lane-routes.ts";
import {nameOf, namespaceOf} from "./names.ts";
import {renderNative} from "./native.ts";
import type {IstioObject, IstioOptions, Notice, Rendering} from "./options.ts";
import {identity, madeFor, ownObject, purposes, undecided} from "./own-object.ts";
import {pastedInVain} from "./paste.ts";
import {prepare, type PreparedService} from "./prepared.ts";
import {sidecarNotices} from "./sidecars.ts";
import {subsetsNamed} from "./subsets-named.ts";
import {meshGrpcRoutes, meshHttpRoutes} from "./users-routes.ts";

/** What routes a service's requests, and the users' VirtualServices that are in the way. */
type Way =
  | {readonly way: "routes"}
  | {readonly way: "native"; readonly taken: Extract<Native, {taken: unknown}>["taken"]}
  | {readonly way: "adopt"; readonly users: ForeignVirtualService}
  | {readonly way: "pasted"}
  | {readonly way: "none"; readonly notice: Notice};

/**
 * Destinations and routes of all services that lanes override, each natively or by routes.
 * @param left services, `NAMESPACE/NAME`, that lanes override too, but that stay as they are
 */
export function renderServices(
  plan: Plan,
  mesh: Mesh,
  facts: ClusterFacts,
  options: IstioOptions,
  left: readonly string[],
): Rendering {
  const {services, notices} = prepare(plan.services, mesh, facts);
  const all = virtualServices(facts);
  const objects: IstioObject[] = [];
  const kept: string[] = [];
  const adopted = new Map<string, {users: ForeignVirtualService; services: PreparedService[]}>();
  const pastedIn = new Map<string, PreparedService[]>();
  const named = new Set(subsetsNamed(facts).map(({service}) => service));
  const rested: PreparedService[] = [];
  const natively: PreparedService[] = [];
  /** VirtualServices of which all that they have of ours is needed, or something is said. */
  const ofLeft = left.flatMap((service) => meshVirtualServices(all, hostOf(service, facts.domain), facts.domain));
  const looked = new Set(ofLeft.map(({key}) => key));
  for (const service of services) {
    const users = inTheWay(service, meshVirtualServices(all, service.host, facts.domain), options);
    const way = wayOf(service, users, services, options);
    if (way.way !== "native") for (const {key} of users) looked.add(key);
    if (way.way === "none") {
      notices.push({...way.notice, concerns: undecided(service.service)});
      kept.push(...staying(service, users, options));
      // Pasted routes that are not right any more send requests there all the same.
      if (named.has(service.service)) rested.push(service);
      continue;
    }
    rested.push(service);
    if (way.way === "native") natively.push(service);
    objects.push(...(way.way === "routes" ? [virtualService(service)] : nativeObjects(service, users, way)));
    if (way.way === "adopt") {
      const {users: owner} = way;
      const met = adopted.get(owner.key);
      if (met === undefined) adopted.set(owner.key, {users: owner, services: [service]});
      else met.services.push(service);
    }
    const [owner] = users;
    if (way.way === "pasted" && owner !== undefined) {
      pastedIn.set(owner.key, [...(pastedIn.get(owner.key) ?? []), service]);
    }
  }
  objects.push(...renderDestinations(rested));
  for (const {users, services: own} of adopted.values()) {
    // What was pasted for others becomes ours with it.
    const whole = [...own, ...(pastedIn.get(users.key) ?? [])];
    const inOrder = services.filter((service) => whole.includes(service));
    objects.push(adopt(users, inOrder, options.handed));
  }
  notices.push(...sidecarNotices(natively, facts), ...pastedInVain(all.filter(({key}) => !looked.has(key))));
  return {objects, notices, kept};
}

/**
 * What stays of a service that is undecided. A matcher that does not fit its owner's routes any more would send requests of no lane
 * where he does not want them, so it goes; a VirtualService of ours stays.
 */
function staying(
  service: PreparedService,
  users: readonly ForeignVirtualService[],
  {standing = []}: IstioOptions,
): string[] {
  const all = undecided(service.service);
  const matchers = standing.filter((object) => isMatcherOf(service.service, object));
  if (matchers.length === 0 || "taken" in nativeRoutes(service, users)) return all;
  const routes = `routes ${service.service}`;
  const others = standing.filter((object) => purposes(object).includes(routes) && !matchers.includes(object));
  return [...all.filter((what) => what !== routes), ...others.map(identity)];
}

/** Natively, what `meshlane render` gave for the service is what is wanted there, and in nothing's way. */
function inTheWay(service: PreparedService, users: readonly ForeignVirtualService[], options: IstioOptions) {
  const [owner, ...more] = users;
  if (owner === undefined || more.length > 0 || !isRendered(owner.object)) return users;
  const isConstant = service.baseline.labels !== undefined && isDeepStrictEqual(owner.spec, constant(service).spec);
  return isConstant && wantsNative(service, options) ? [] : users;
}

function wantsNative({group}: PreparedService, {nativeSupported}: IstioOptions): boolean {
  const {routing} = group.spec;
  return routing === "native" || (routing === "auto" && nativeSupported);
}

function wayOf(
  service: PreparedService,
  users: readonly ForeignVirtualService[],
  all: readonly PreparedService[],
  options: IstioOptions,
): Way {
  const {routing} = service.group.spec;
  const native = nativeRoutes(service, users);
  const decided = ownersWay(service, users, all, options);
  if (decided !== undefined) return decided;
  if (users.length === 0 && meshGrpcRoutes(service.service, service.facts).length > 0) {
    return {way: "none", notice: conflict(service, users, native, options.standing)};
  }
  const free = users.length === 0 && meshHttpRoutes(service.service, service.facts).length === 0;
  if (wantsNative(service, options) && "taken" in native) return {way: "native", taken: native.taken};
  if (routing === "native") return {way: "none", notice: notNative(service, native, options)};
  const [owner] = users;
  if (owner !== undefined && pasted(owner, service, all) === "no routes") return {way: "pasted"};
  return free ? {way: "routes"} : {way: "none", notice: conflict(service, users, native, options.standing)};
}

/** What the owner of the host's VirtualService has decided by it, or by handing it over. */
function ownersWay(
  service: PreparedService,
  users: readonly ForeignVirtualService[],
  all: readonly PreparedService[],
  {handed = [], adopt: given}: IstioOptions,
): Way | undefined {
  const [owner, ...more] = users;
  if (owner === undefined) return undefined;
  const names = new Set(users.map(({object}) => identity(object)));
  const earlier = handed.filter((one) => names.has(identity(one)) && handedOver([one]).includes(service.service));
  const isTaken = (one: KubernetesObject) => handedOver([one]).some((each) => given.includes(each));
  const since = earlier.find((one) => isEdited(one) && !isTaken(one));
  if (since !== undefined) return {way: "none", notice: edited(service, since)};
  if (isRendered(owner.object)) return ofRender(service, owner, all);
  if (earlier.length > 0 || given.includes(service.service)) return adoption(service, [owner, ...more], all);
  return pasted(owner, service, all) === "routes" ? {way: "pasted"} : undefined;
}

/** What `meshlane render` gave is whose applies it: right or wrong, never ours to change. */
function ofRender(service: PreparedService, owner: ForeignVirtualService, all: readonly PreparedService[]): Way {
  const isRight =
    isDeepStrictEqual(owner.spec, virtualService(service).spec) || pasted(owner, service, all) !== undefined;
  if (isRight) return {way: "pasted"};
  return {
    way: "none",
    notice: {
      severity: "error",
      subject: `VirtualService ${owner.key} (yours)`,
      reason: "RenderedElsewhere",
      message: "is from meshlane render, and has not the routes of these lanes; its lanes stay as they are",
      hint: "Keep these lanes where it is rendered; or remove it there, delete it, and apply again.",
    },
  };
}

function edited({service}: PreparedService, object: KubernetesObject): Notice {
  return {
    severity: "error",
    subject: `${identity(object)} (yours)`,
    reason: "HandedOverEdited",
    message: "was handed over, and has been edited since; it and its lanes stay as they are",
    hint: `--adopt ${service} takes what it says now for yours, and puts the lanes in anew.`,
  };
}

function adoption(
  service: PreparedService,
  [owner, ...more]: readonly [ForeignVirtualService, ...ForeignVirtualService[]],
  all: readonly PreparedService[],
): Way {
  const obstacle = noAdoption(service, owner, {more, all});
  if (obstacle === undefined) return {way: "adopt", users: owner};
  return {
    way: "none",
    notice: {
      severity: "error",
      subject: `VirtualService ${owner.key} (yours)`,
      reason: "CannotAdopt",
      message: `${obstacle.why}; its lanes stay as they are`,
      hint: obstacle.hint,
    },
  };
}

function notNative(prepared: PreparedService, native: Native, {standing}: IstioOptions): Notice {
  const {service, group} = prepared;
  const why = "obstacle" in native ? native.obstacle : "";
  return {
    severity: "error",
    subject: `service ${service}`,
    reason: "NotNative",
    message: `routing: native of group ${group.metadata.name} does not work here: ${why}; ${whatStays(prepared, native, standing)}`,
    hint: `Change that, or write routing: auto in the group.`,
  };
}

function virtualService(service: PreparedService): IstioObject {
  return ownVirtualService(service, laneRoutes(service));
}

function ownVirtualService({service, host}: PreparedService, http: ReturnType<typeof laneRoutes>): IstioObject {
  const header = {part: "routes", namespace: namespaceOf(service), name: `meshlane-${nameOf(service)}`} as const;
  return madeFor([`routes ${service}`], ownObject("VirtualService", header, {hosts: [host], gateways: ["mesh"], http}));
}

/** Where lanes share the Service, callers elsewhere in the mesh stay on the baseline by a route that no lane changes. */
function nativeObjects(service: PreparedService, users: readonly ForeignVirtualService[], way: Way): IstioObject[] {
  if (way.way !== "native") return [];
  const objects = renderNative(service, way.taken);
  const free = users.length === 0 && meshHttpRoutes(service.service, service.facts).length === 0;
  return service.baseline.labels !== undefined && free ? [...objects, constant(service)] : objects;
}

/** What no lane changes of a service whose baseline has labels. */
function constant(service: PreparedService): IstioObject {
  return ownVirtualService(service, baselineRoutes(service));
}
