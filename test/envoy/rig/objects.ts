/** The services of the tests, and the lanes that most of them need. */

export const NAMESPACE = "test";

/** A host that is not of the mesh. */
export const EXTERNAL = "outside";

const CALLS: Readonly<Record<string, readonly string[]>> = {
  front: ["back", EXTERNAL],
  back: ["tail"],
  "back--red": ["tail", EXTERNAL],
  "back--blue": ["tail"],
  tail: [],
  "tail--red": [],
  door: ["back"],
};

/** Each service has one workload of its own name. */
export const WORKLOADS = Object.keys(CALLS);

export interface PlaygroundOptions {
  readonly plainText?: boolean;
  /** Left out: all of them. */
  readonly traceIds?: readonly string[];
}

/** @param addresses of the applications, by workload */
export function playground(addresses: ReadonlyMap<string, string>, options: PlaygroundOptions): string {
  const {plainText = false, traceIds} = options;
  return JSON.stringify({
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "Playground",
    metadata: {name: "test", namespace: NAMESPACE},
    spec: {
      plainText: plainText ? "accept" : "refuse",
      traceIds,
      entry: "front",
      services: WORKLOADS.map((name) => ({
        name,
        calls: CALLS[name],
        workloads: [{name, address: addresses.get(name)}],
      })),
      external: [{name: EXTERNAL, address: addresses.get(EXTERNAL)}],
    },
  });
}

const group = (metadata: object, spec: object): object => ({
  apiVersion: "meshlane.dev/v1alpha1",
  kind: "SwimLaneGroup",
  metadata,
  spec,
});

/** A group of the edge that has nothing but its entry, and no service that the playground runs. */
export function edgeGroup(name: string, entry: object, more: object = {}): object {
  const spec = {services: [name], entry: {gateways: [`${NAMESPACE}/edge`], ...entry}, ...more};
  return group({name, namespace: "edges"}, spec);
}

/** A lane of such a group. */
export function edgeLane(name: string, of: string, spec: object, metadata: object = {}): object {
  return lane(name, "edges", {group: of, services: [{name: of, to: of}], ...spec}, metadata);
}

function lane(name: string, namespace: string, spec: object, metadata: object = {}): object {
  return {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLane", metadata: {name, namespace, ...metadata}, spec};
}

/** Lane `red` overrides `back` and `tail`, lane `blue` overrides `back`. */
export function laneObjects(): object[] {
  const entry = {gateways: [`${NAMESPACE}/edge`], lane: [{header: "x-swimlane", anyone: true}]};
  const red = [
    {name: "back", to: "back--red"},
    {name: "tail", to: "tail--red"},
  ];
  return [
    group({name: "main", namespace: NAMESPACE}, {services: ["front", "back", "tail"], entry}),
    lane("red", NAMESPACE, {group: "main", services: red}),
    lane("blue", NAMESPACE, {group: "main", services: [{name: "back", to: "back--blue"}]}),
  ];
}

/** Requests enter at the service `door` too, by ways of its own. */
export function doorObjects(entry: object): object[] {
  const spec = {services: ["door"], entry: {services: ["door"], ...entry}};
  return [...laneObjects(), group({name: "door", namespace: NAMESPACE}, spec)];
}

/** A lane that is entered at the door. */
export function entryLane(name: string, spec: object): object {
  return lane(name, NAMESPACE, {group: "door", services: [{name: "door", to: "door"}], ...spec});
}
