import {formatProblem, loadMesh, type Mesh} from "../../../manager/model/index.ts";

const apiVersion = "meshlane.dev/v1alpha1";

export interface Meta {
  name?: string;
  namespace?: string;
  creationTimestamp?: string;
}

export function group(
  spec: object = {services: ["cart", "payment"], entry: {gateways: ["istio-ingress/public"]}},
  meta: Meta = {},
): object {
  return {apiVersion, kind: "SwimLaneGroup", metadata: {name: "shop", namespace: "shop", ...meta}, spec};
}

export function lane(spec: object = {}, meta: Meta = {}): object {
  const services = [{name: "cart", to: "cart--ann"}];
  return {apiVersion, kind: "SwimLane", metadata: {name: "ann", namespace: "shop", ...meta}, spec: {services, ...spec}};
}

export function playground(spec: object): object {
  return {apiVersion, kind: "Playground", metadata: {name: "shop", namespace: "shop"}, spec};
}

/** Objects as one file, a `kind: List` in JSON; problems as they are printed, without the place. */
export function load(...items: object[]): {mesh: Mesh; errors: string[]; warnings: string[]} {
  const {mesh, problems} = loadMesh([{name: "", text: JSON.stringify({apiVersion: "v1", kind: "List", items})}]);
  const of = (severity: string) =>
    problems.filter((problem) => problem.severity === severity).map((problem) => formatProblem({...problem, line: 0}));
  return {mesh, errors: of("error"), warnings: of("warning")};
}
