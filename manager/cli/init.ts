import {Command} from "commander";
import {Document, type YAMLMap} from "yaml";
import {readState} from "../controller/cluster-state.ts";
import {initialGroup, type InitialGroup, type OtherGroup} from "../controller/init/initial-group.ts";
import {clusterFacts} from "../compile/cluster-objects.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {exitCode} from "./exit.ts";
import {addClusterOptions, type ClusterOptions, connectTo} from "./options.ts";
import {readByAll} from "./print.ts";
import type {Terminal} from "./terminal.ts";

interface InitOptions extends ClusterOptions {
  gateway?: string;
}

const examples = `
Examples:
  meshlane init -n shop --gateway istio-ingress/public
  meshlane init -n shop --gateway istio-ingress/public | kubectl apply -f -

Looks at the namespace and prints the smallest group for it. Nothing is changed.
Exit codes: 0 printed, 1 there is something in the way, 2 the command itself is wrong.`;

export function initCommand(terminal: Terminal, exit: (code: number) => void): Command {
  const command = new Command("init")
    .description("print the smallest group for a namespace")
    .option("--gateway <gateway>", "where requests enter, NAMESPACE/NAME; left out: the cluster's only gateway");
  return addClusterOptions(command)
    .addHelpText("after", examples)
    .action(async (options: InitOptions) => exit(await init(options, terminal)));
}

async function init({gateway, ...cluster}: InitOptions, terminal: Terminal): Promise<number> {
  const {api, namespace} = connectTo(cluster);
  try {
    const {objects, groups} = await readState(api);
    const facts = clusterFacts(objects, {complete: true});
    terminal.stdout.write(groupText(initialGroup({namespace, gateway}, facts, groups.map(otherGroup))));
    return exitCode.ok;
  } finally {
    api.transport.close();
  }
}

function otherGroup({metadata, spec}: KubernetesObject): OtherGroup {
  const {entry} = (spec ?? {}) as {entry?: {gateways?: readonly string[]}};
  return {name: metadata.name, namespace: metadata.namespace ?? "default", gateways: entry?.gateways ?? []};
}

/** As YAML, with a line on what a person may want to change. */
export function groupText({metadata, spec, services}: InitialGroup): string {
  const document = new Document(
    {apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLaneGroup", metadata, spec},
    readByAll,
  );
  const names =
    services.length > 6 ? `${services.slice(0, 6).join(", ")} and ${services.length - 6} more` : services.join(", ");
  document.commentBefore = ` Lanes may override every Service of namespace ${metadata.namespace}: ${names}.`;
  comment(document, ["spec", "baseline"], " What only the baseline's pods have, as several versions share a Service.");
  comment(document, ["spec", "entry", "lane"], " Where a request may ask for a lane, and from which addresses.");
  return document.toString({lineWidth: 120, flowCollectionPadding: false});
}

function comment(document: Document, path: readonly string[], text: string): void {
  const parent = document.getIn(path.slice(0, -1)) as YAMLMap;
  const pair = parent.items.find(({key}) => (key as {value: string}).value === path.at(-1));
  if (pair !== undefined) (pair.key as {commentBefore?: string}).commentBefore = text;
}
