import {readdirSync, readFileSync} from "node:fs";
import {format, resolveConfig} from "prettier";
import {describe, expect, test} from "vitest";
import {generatedFiles} from "../../../manager/model/generated.ts";

const root = new URL("../../../", import.meta.url);
const files = generatedFiles();

describe("what is generated from the model", () => {
  test.each(Object.entries(files))("%s is up to date (npm run generate)", async (path, text) => {
    const filepath = new URL(path, root).pathname;
    const expected = await format(text, {...(await resolveConfig(filepath)), filepath});
    expect(readFileSync(filepath, "utf8")).toBe(expected);
  });

  test("is all that is there", () => {
    const there = ["deploy/crds", "deploy/schemas"].flatMap((folder) =>
      readdirSync(new URL(folder, root)).map((file) => `${folder}/${file}`),
    );
    expect(there.toSorted()).toEqual(Object.keys(files).toSorted());
  });

  test("a playground never becomes a CRD", () => {
    expect(Object.keys(files).filter((path) => path.startsWith("deploy/crds/"))).toEqual([
      "deploy/crds/swimlanegroups.yaml",
      "deploy/crds/swimlanes.yaml",
    ]);
  });

  // https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/, "Specifying a structural schema"
  test("a CRD has nothing that a structural schema may not have", () => {
    const crds = Object.entries(files).filter(([path]) => path.startsWith("deploy/crds/"));
    for (const [, text] of crds) {
      expect(text).not.toMatch(/^\s*(const|propertyNames|anyOf|oneOf|\$schema|\$ref|additionalProperties: false)\b/m);
    }
  });
});
