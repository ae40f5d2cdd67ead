import type {SwimLane} from "../lane.ts";
import type {Mesh} from "../mesh.ts";
import type {Playground, PlaygroundService} from "../playground.ts";
import {problemAt, type Problem} from "../problem.ts";
import {keyOf, selects} from "../resolve.ts";
import {didYouMean} from "../suggest.ts";

/** The playground in itself: names are unique, and what is called is there. */
export function checkPlayground({playground}: Mesh): Problem[] {
  if (playground === undefined) return [];
  const {services, external, entry} = playground.spec;
  const names = services.map(({name}) => name);
  const callable = [...names, ...external.map(({name}) => name)];
  return [
    ...checkNames(playground),
    ...services.flatMap((service, index) => checkCalls(playground, service, index, callable)),
    ...(names.includes(entry)
      ? []
      : [
          problemAt(playground, ["spec", "entry"], {
            message: `entry names service "${entry}", which the playground does not have`,
            hint: didYouMean(entry, names),
          }),
        ]),
  ];
}

interface Named {
  name: string;
  path: (string | number)[];
}

function checkNames(playground: Playground): Problem[] {
  const {services, external} = playground.spec;
  const at = (field: string) => (item: {name: string}, index: number) => ({
    name: item.name,
    path: ["spec", field, index, "name"],
  });
  const workloads = services.flatMap((service, index) =>
    service.workloads.map(({name}, nth) => ({name, path: ["spec", "services", index, "workloads", nth, "name"]})),
  );
  return [
    ...repeats(playground, "services", [...services.map(at("services")), ...external.map(at("external"))]),
    ...repeats(playground, "workloads", workloads),
  ];
}

function repeats(playground: Playground, what: string, items: Named[]): Problem[] {
  const seen = new Set<string>();
  return items.flatMap(({name, path}) => {
    const again = seen.has(name);
    seen.add(name);
    if (!again) return [];
    return [problemAt(playground, path, {message: `two ${what} have the name "${name}"`, hint: "Rename one of them."})];
  });
}

function checkCalls(playground: Playground, service: PlaygroundService, at: number, callable: string[]): Problem[] {
  const ports = new Set<number>();
  const called = new Set<string>();
  return service.calls.flatMap(({service: callee, port}, index) => {
    const refuse = (message: string, hint?: string) =>
      problemAt(playground, ["spec", "services", at, "calls", index], {message, hint});
    const problems: Problem[] = [];
    if (!callable.includes(callee)) {
      const hint = didYouMean(callee, callable) ?? `Add it to services, or, outside the mesh, to external.`;
      problems.push(refuse(`service "${service.name}" calls "${callee}", which is not there`, hint));
    }
    if (called.has(callee)) problems.push(refuse(`service "${service.name}" lists its call of "${callee}" twice`));
    if (port !== undefined && ports.has(port)) {
      problems.push(
        refuse(`service "${service.name}" has two calls on port ${port}`, "Give each callee a port of its own."),
      );
    }
    called.add(callee);
    if (port !== undefined) ports.add(port);
    return problems;
  });
}

/** What lanes and groups expect of the playground beside them. */
export function checkPlaygroundLanes({groups, lanes, playground}: Mesh): Problem[] {
  if (playground === undefined) return [];
  const {namespace} = playground.metadata;
  const strangers = groups.filter((group) => group.metadata.namespace !== namespace);
  const own = groups.filter((group) => group.metadata.namespace === namespace);
  return [
    ...strangers.map((group) =>
      problemAt(group, ["metadata", "namespace"], {
        severity: "warning",
        message: `the playground runs namespace ${namespace}, and nothing of ${group.metadata.namespace}`,
        hint: "Give the group and the playground one namespace.",
      }),
    ),
    ...own.flatMap((group) => {
      const lanesHere = lanes.filter((lane) => lane.spec.group === keyOf(group));
      const baseline = group.spec.baseline?.labels;
      return [
        ...lanesHere.flatMap((lane) => checkWorkloads(lane, playground)),
        ...(baseline === undefined ? [] : checkBaseline(playground, baseline, lanesHere)),
      ];
    }),
  ];
}

function checkWorkloads(lane: SwimLane, playground: Playground): Problem[] {
  const {services} = playground.spec;
  const {name: laneName} = lane.metadata;
  return lane.spec.services.flatMap((service, index) => {
    const path = ["spec", "services", index];
    if (service.to !== undefined) {
      if (services.some(({name}) => name === service.to)) return [];
      const names = services.map(({name}) => name);
      const hint = didYouMean(service.to, names) ?? `Add {name: ${service.to}} to the playground's services.`;
      const message = `the playground has no service "${service.to}", so callers of "${service.name}" get the next in line`;
      return [problemAt(lane, [...path, "to"], {severity: "warning", message, hint})];
    }
    if (service.fork !== undefined) {
      const fork = `${service.name}--${laneName}`;
      const message = `the playground runs no images, so callers of "${service.name}" get the next in line`;
      const hint = `Add {name: ${fork}} to the playground's services and write to: ${fork}.`;
      return [problemAt(lane, path, {severity: "warning", message, hint})];
    }
    const shared = services.find(({name}) => name === service.name);
    if (shared === undefined || shared.workloads.some((workload) => selects(service.labels, workload.labels)))
      return [];
    const message = `no workload of service "${service.name}" has the labels ${flow(service.labels)}`;
    const hint = `Add {name: ${service.name}-${laneName}, labels: ${flow(service.labels)}} to its workloads.`;
    return [problemAt(lane, path, {severity: "warning", message, hint})];
  });
}

/** Only where a lane shares the Service do the baseline's labels select; elsewhere the whole service is the baseline. */
function checkBaseline(playground: Playground, baseline: Record<string, string>, lanes: SwimLane[]): Problem[] {
  const shared = new Set(
    lanes.flatMap(({spec}) => spec.services.flatMap(({name, labels}) => (labels === undefined ? [] : [name]))),
  );
  return playground.spec.services.flatMap((service, index) => {
    if (!shared.has(service.name)) return [];
    if (service.workloads.some(({labels}) => selects(baseline, labels))) return [];
    const message = `no workload of service "${service.name}" has the baseline's labels ${flow(baseline)}`;
    const hint = `Add labels: ${flow(baseline)} to the workload that serves the baseline.`;
    return [problemAt(playground, ["spec", "services", index], {severity: "warning", message, hint})];
  });
}

function flow(labels: Record<string, string>): string {
  return `{${Object.entries(labels)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")}}`;
}
