import {loadMesh} from "../../../manager/model/load.ts";
import type {Playground} from "../../../manager/model/playground.ts";

/** A Playground from its YAML text. */
export function playgroundOf(text: string): Playground {
  const {mesh, problems} = loadMesh([{name: "playground.yaml", text}]);
  if (mesh.playground === undefined) throw new Error(problems.map(({message}) => message).join("\n"));
  return mesh.playground;
}

/** Services in few words: `{frontend: {calls: ["cart"]}, cart: {}}`. All forward `traceparent` unless told otherwise. */
export function playgroundWith(services: Readonly<Record<string, ServiceInShort>>): Playground {
  const list = Object.entries(services).map(([name, service]) => ({name, forwards: ["traceparent"], ...service}));
  const playground = {
    apiVersion: "meshlane.dev/v1alpha1",
    kind: "Playground",
    metadata: {name: "shop", namespace: "shop"},
    spec: {services: list},
  };
  return playgroundOf(JSON.stringify(playground));
}

export interface ServiceInShort {
  readonly calls?: readonly string[];
  readonly forwards?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly workloads?: readonly {readonly name: string; readonly labels?: Readonly<Record<string, string>>}[];
}
