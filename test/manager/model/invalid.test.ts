import {readdirSync, readFileSync} from "node:fs";
import {describe, expect, test} from "vitest";
import {formatProblem, loadMesh} from "../../../manager/model/index.ts";

const folder = new URL("../../../deploy/invalid/", import.meta.url);

describe("an example for every rejection", () => {
  test.each(readdirSync(folder).filter((file) => file.endsWith(".yaml")))("%s", (name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    const expected = text.split("\n", 1)[0]!.replace(/^# /, "");
    const {problems} = loadMesh([{name, text}]);
    const errors = problems.filter(({severity}) => severity === "error");
    expect(errors.map(formatProblem)).toEqual([expect.stringContaining(expected)]);
    expect(errors[0]!.file).toBe(name);
    expect(errors[0]!.line).toBeGreaterThan(1);
  });
});
