import {expect, test} from "vitest";
import {digestOf, type Manifest} from "../../../manager/image/artifact.ts";
import {titledFiles} from "../../../manager/image/fetch-artifact.ts";
import {lanesArtifact} from "../../../manager/image/lanes.ts";

const files = [
  {name: "lanes/shop.yaml", text: "# a comment\nkind: SwimLane\n"},
  {name: "standard input", text: "kind: SwimLaneGroup\n"},
];

test("each file is a layer, byte by byte, under its own name", () => {
  const {manifest, blobs} = lanesArtifact(files);
  const parsed = JSON.parse(Buffer.from(manifest.bytes).toString()) as Manifest;
  expect(parsed.artifactType).toBe("application/vnd.meshlane.lanes.v1+yaml");
  expect(parsed.layers.map((layer) => layer.annotations?.["org.opencontainers.image.title"])).toEqual([
    "shop.yaml",
    "lanes.yaml",
  ]);
  expect(parsed.layers.map(({digest}) => digest)).toEqual(files.map(({text}) => digestOf(Buffer.from(text))));
  expect(blobs.map(({bytes}) => Buffer.from(bytes).toString())).toEqual(["{}", ...files.map(({text}) => text)]);
});

test("the same files give the same digest, wherever they lie; another byte another one", () => {
  const digest = (text: string, name = "a/shop.yaml") => lanesArtifact([{name, text}]).manifest.descriptor.digest;
  expect(digest("x: 1\n", "b/shop.yaml")).toBe(digest("x: 1\n"));
  expect(digest("x: 2\n")).not.toBe(digest("x: 1\n"));
});

test("two files of one name are refused", () => {
  const twice = ["a/shop.yaml", "b/shop.yaml"].map((name) => ({name, text: ""}));
  expect(() => lanesArtifact(twice)).toThrow("two of the files are called shop.yaml");
});

test("a name with spaces or of another script is a file's name as any other", () => {
  const names = ["my lanes.yaml", "Läden (1).yaml", "店.yaml"];
  const {manifest, blobs} = lanesArtifact(names.map((name) => ({name: `dir/${name}`, text: name})));
  const parsed = JSON.parse(Buffer.from(manifest.bytes).toString()) as Manifest;
  expect([...titledFiles({manifest: parsed, digest: "", layers: blobs.slice(1)}).keys()]).toEqual(names);
});

test.each([".shop.yaml", "a\\b.yaml", "\u001b[31mx.yaml", "a\nb.yaml"])(
  "%j, which nobody could pull, is not pushed",
  (name) => {
    expect(() => lanesArtifact([{name: `dir/${name}`, text: ""}])).toThrow(
      "nobody could pull a file of this name. Rename",
    );
  },
);
