import type {Destination} from "../../compile/plan.ts";
import type {JsonObject} from "../filter-config.ts";
import type {Entry} from "./entry-routes.ts";
import {contextMatches} from "./lane-routes.ts";
import {CONTEXT} from "../../model/context.ts";
import {nameOf, namespaceOf} from "./names.ts";
import type {IstioObject} from "./options.ts";
import {ownObject} from "./own-object.ts";
import {portAt} from "./ports.ts";

/** The API allows 16 rules an HTTPRoute, and values of 4,096 characters. */
const MAX_RULES = 16;
const MAX_VALUE = 4000;

/**
 * The routes of handed-over hosts on gateways of the Gateway API. Of rules for one path, the one that matches more headers
 * comes first, whatever the order and the object: so lanes stand before the baseline, and many lanes in several objects.
 * Default values are written out: what the API server would add must not look like a difference.
 */
export function entryHttpRoutes(entry: Entry, name: string, hosts: readonly string[]): IstioObject[] {
  const {gateways, service, port} = entry;
  const parents = gateways.filter(({api}) => api === "gateway-api").map(({key}) => parentRef(key));
  if (parents.length === 0) return [];
  const namespace = namespaceOf(service.service);
  const number = (to: Destination) => (port === undefined ? undefined : portAt(to.service, port, service.facts));
  const rules = [
    {matches: [match()], backendRefs: [backendRef(service.baseline, number(service.baseline))]},
    ...service.routes.taken
      .filter(({to}) => to.labels === undefined)
      .flatMap(({lanes, to}) =>
        contextMatches(lanes, MAX_VALUE).map((context) => ({
          matches: [match(context)],
          backendRefs: [backendRef(to, number(to))],
        })),
      ),
    // A rule without backends answers 500.
    ...contextMatches(service.routes.refused, MAX_VALUE).map((context) => ({matches: [match(context)]})),
  ];
  const objects = Math.ceil(rules.length / MAX_RULES);
  return Array.from({length: objects}, (_none, index) =>
    ownObject(
      "HTTPRoute",
      {part: "routes", namespace, name: index === 0 ? name : `${name}-${index + 1}`},
      {
        parentRefs: parents,
        hostnames: hosts,
        rules: rules.slice(index * MAX_RULES, (index + 1) * MAX_RULES),
      },
    ),
  );
}

function parentRef(gateway: string): JsonObject {
  const [namespace, name] = [namespaceOf(gateway), nameOf(gateway)];
  return {group: "gateway.networking.k8s.io", kind: "Gateway", namespace, name};
}

function match(context?: JsonObject): JsonObject {
  const path = {type: "PathPrefix", value: "/"};
  if (context === undefined) return {path};
  const exact = context["exact"];
  const value = exact === undefined ? context["regex"]! : exact;
  const type = exact === undefined ? "RegularExpression" : "Exact";
  return {path, headers: [{type, name: CONTEXT, value}]};
}

function backendRef({service}: Destination, port: number | undefined): JsonObject {
  const [namespace, name] = [namespaceOf(service), nameOf(service)];
  return {group: "", kind: "Service", namespace, name, ...(port === undefined ? {} : {port}), weight: 1};
}
