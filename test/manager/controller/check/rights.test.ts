import {readFile} from "node:fs/promises";
import {join} from "node:path";
import {expect, test} from "vitest";
import {parseAllDocuments} from "yaml";
import type {Api, Kind, Right} from "../../../../manager/cluster/api.ts";
import {missingRights} from "../../../../manager/controller/check/rights.ts";
import {packageRoot} from "../../../../manager/package-root.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

interface Role {
  kind: string;
  metadata: {namespace?: string};
  rules: Rule[];
}

const text = await readFile(join(packageRoot, "deploy", "rights.yaml"), "utf8");
const read = (): Role[] => parseAllDocuments(text).map((document) => document.toJS() as Role);

/** A cluster that allows what the roles say, and what `install` lets everybody read. */
function clusterWith(roles: readonly Role[]): Api {
  const allowed = ({verb, resource, subresource, group = "", namespace}: Right): boolean =>
    namespace === "meshlane-system" ||
    roles.some(
      ({metadata, rules}) =>
        (metadata.namespace === undefined || metadata.namespace === namespace) &&
        rules.some(
          ({apiGroups, resources, verbs}) =>
            apiGroups.includes(group) &&
            resources.includes(subresource === undefined ? resource : `${resource}/${subresource}`) &&
            verbs.includes(verb),
        ),
    );
  const resource = async ({apiVersion, kind}: Kind) => ({
    apiVersion,
    plural: `${kind.toLowerCase()}s`.replace(/rys$/, "ries"),
  });
  return {may: async (right: Right) => allowed(right), resource} as unknown as Api;
}

test("who has the roles of deploy/rights.yaml lacks nothing that apply and delete need", async () => {
  expect(await missingRights(clusterWith(read()), "istio-system")).toEqual([]);
});

/** What is there for kubectl, for check alone, for how istiod is found, or for API servers of other versions. */
const besides = [
  ...["get", "watch", "update"].map((verb) => `${verb} swimlanegroups,swimlanes`),
  "list customresourcedefinitions",
  "list pods",
  "get pods/portforward",
];
const each = read().flatMap(({rules}, role) =>
  rules.flatMap(({resources, verbs}, rule) =>
    verbs.map((verb) => [`${verb} ${resources.join(",")}`, role, rule, verb] as const),
  ),
);

test.each(each.filter(([name]) => !besides.includes(name)))("without %s some right is missing", async (...given) => {
  const [, role, rule, verb] = given;
  const roles = read();
  const less = roles[role]!.rules[rule]!;
  less.verbs = less.verbs.filter((other) => other !== verb);
  expect(await missingRights(clusterWith(roles), "istio-system")).not.toEqual([]);
});
