import {parse} from "yaml";
import {compileMesh, type Owners, type Plan, playgroundFacts} from "../../../manager/compile/index.ts";
import type {ServicePlan} from "../../../manager/compile/plan.ts";
import {formatProblem, loadMesh} from "../../../manager/model/index.ts";

const apiVersion = "meshlane.dev/v1alpha1";

/** Objects by what tells them apart; all of namespace `shop`, with the shop `a -> b -> c` unless `services` says otherwise. */
export interface Shop {
  group?: string;
  groups?: Record<string, string>;
  lanes: Record<string, string>;
  services?: string;
}

const SERVICES = "[{name: a}, {name: b}, {name: c}, {name: a--ann}, {name: b--bob}, {name: a--team}, {name: c--team}]";

/** Compiles specs that are written in YAML's flow form. */
export function compile({group = "{services: [a, b, c]}", groups, lanes, services}: Shop, before: Owners = {}): Plan {
  const object = (kind: string, name: string, spec: string): object => {
    const {metadata = {}, ...rest} = parse(spec) as {metadata?: object};
    return {apiVersion, kind, metadata: {name, namespace: "shop", ...metadata}, spec: rest};
  };
  const items = [
    ...Object.entries(groups ?? {shop: group}).map(([name, spec]) => object("SwimLaneGroup", name, spec)),
    ...Object.entries(lanes).map(([name, spec]) => object("SwimLane", name, spec)),
    object("Playground", "shop", `{services: ${services ?? SERVICES}}`),
  ];
  const {mesh, problems} = loadMesh([{name: "", text: JSON.stringify({apiVersion: "v1", kind: "List", items})}]);
  const errors = problems.filter(({severity}) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(formatProblem).join("\n"));
  const {playground} = mesh;
  if (playground === undefined) throw new Error("no playground");
  return compileMesh(mesh, playgroundFacts(playground), before);
}

/** The chain of a lane at a service as `SERVICE` or `SERVICE{key=value}`; undefined: the baseline. */
export function chainOf(plan: Plan, service: string, lane: string): string[] | undefined {
  const found = planOf(plan, service).lanes.find((route) => route.lane === lane);
  return found?.chain.map(destinationText);
}

export function planOf(plan: Plan, service: string): ServicePlan {
  const found = plan.services.find((each) => each.service === `shop/${service}`);
  if (found === undefined) throw new Error(`no service ${service} in the plan`);
  return found;
}

export function destinationText({service, labels}: ServicePlan["baseline"]): string {
  const name = service.replace("shop/", "");
  if (labels === undefined) return name;
  return `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join()}}`;
}
