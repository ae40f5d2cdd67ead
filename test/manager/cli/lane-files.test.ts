import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {Readable} from "node:stream";
import {afterEach, beforeEach, expect, test} from "vitest";
import {LaneFiles} from "../../../manager/cli/lane-files.ts";
import {watchFolders} from "../../../manager/playground/watch.ts";

const SHOP = `
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: NAME, namespace: shop}
spec: {services: [{name: NAME}]}
`;

let folder: string;
let said: string;
const at = (name: string): string => join(folder, name);
const files = (...names: string[]): LaneFiles => {
  const stream = {write: (text: string) => (said += text)};
  return new LaneFiles(names, at("sample.yaml"), {stdin: Readable.from([]), stdout: stream, stderr: stream});
};

beforeEach(() => {
  said = "";
  folder = mkdtempSync(join(tmpdir(), "meshlane-files-"));
  writeFileSync(at("sample.yaml"), SHOP.replaceAll("NAME", "sample"));
  writeFileSync(at("lanes.yaml"), "# the shop (kind: Playground) stands elsewhere\n");
});
afterEach(() => rmSync(folder, {recursive: true}));

test("files without a shop get the sample's; a comment that speaks of one is none", async () => {
  const lanes = files(at("lanes.yaml"));
  await lanes.read();
  expect(lanes.mesh()?.playground.metadata.name).toBe("sample");
  expect(lanes.names).toEqual([at("lanes.yaml"), at("sample.yaml")]);
});

test("files that held a shop when they were read first never get the sample's", async () => {
  writeFileSync(at("own.yaml"), SHOP.replaceAll("NAME", "own"));
  const own = files(at("own.yaml"));
  await own.read();
  expect(own.mesh()?.playground.metadata.name).toBe("own");
  writeFileSync(at("own.yaml"), "");
  expect(await own.read()).toBe(true);
  expect(own.mesh()).toBeUndefined();
  expect(said).toContain("no kind: Playground any more");
});

test("reading says whether anything is different", async () => {
  const lanes = files(at("lanes.yaml"));
  expect(await lanes.read()).toBe(true);
  expect(await lanes.read()).toBe(false);
  writeFileSync(at("lanes.yaml"), "# another text\n");
  expect(await lanes.read()).toBe(true);
});

test("a new file of a folder, and the target of a link, are where an edit shows", async () => {
  mkdirSync(at("target"));
  mkdirSync(at("lanes"));
  writeFileSync(at("target/lanes.yaml"), "");
  writeFileSync(at("lanes/a.yaml"), "");
  symlinkSync(at("target/lanes.yaml"), at("link.yaml"));
  const lanes = files(at("link.yaml"), at("lanes"));
  await lanes.read();
  expect(lanes.folders).toEqual([folder, at("target"), at("lanes")]);
});

test("what changed before is told at once, a change once it has settled, and never two at the same time", async () => {
  let told = 0;
  let atOnce = 0;
  await new Promise<void>((third) => {
    const stop = watchFolders([folder], async () => {
      expect(++atOnce).toBe(1);
      told++;
      if (told === 2) writeFileSync(at("b.yaml"), "");
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      if (told < 3) return;
      stop();
      third();
    });
    expect(told).toBe(1);
    writeFileSync(at("a.yaml"), "");
  });
  expect(told).toBe(3);
});
