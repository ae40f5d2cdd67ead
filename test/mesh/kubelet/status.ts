import type {Container} from "./container.ts";

export interface PodStatus {
  readonly phase: string;
  readonly [key: string]: unknown;
}

/** The status of a pod whose containers are these. */
export function statusOf(
  inits: readonly Container[],
  containers: readonly Container[],
  place: Place,
  began: string,
): PodStatus {
  const sidecars = inits.filter(isSidecar);
  const initialized = inits.every((each) => (isSidecar(each) ? each.started : each.ready));
  const ready = initialized && [...sidecars, ...containers].every((each) => each.ready);
  const running = containers.some(({state}) => "running" in state);
  return {
    phase: running || (initialized && containers.some(({restarts}) => restarts > 0)) ? "Running" : "Pending",
    hostIP: place.host,
    hostIPs: [{ip: place.host}],
    ...(place.pod === undefined ? {} : {podIP: place.pod, podIPs: [{ip: place.pod}]}),
    startTime: began,
    conditions: [
      condition("PodScheduled", true, began),
      condition("Initialized", initialized, began),
      condition("ContainersReady", ready, began),
      condition("Ready", ready, began),
    ],
    initContainerStatuses: inits.map(containerStatus),
    containerStatuses: containers.map(containerStatus),
  };
}

interface Place {
  readonly host: string;
  readonly pod: string | undefined;
}

export function isSidecar({spec}: Container): boolean {
  return spec.restartPolicy === "Always";
}

function condition(type: string, holds: boolean, began: string): object {
  const why = holds ? {} : {reason: "ContainersNotReady"};
  return {type, status: holds ? "True" : "False", lastTransitionTime: began, ...why};
}

function containerStatus({spec, state, ready, started, restarts}: Container): object {
  const {name, image} = spec;
  return {name, image, imageID: image, state, ready, started, restartCount: restarts};
}
