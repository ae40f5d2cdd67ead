/** `delete -f`: what a file names goes, and a file that cannot be read whole takes nothing away. */
import {expect, test} from "vitest";
import {settingsObject} from "../../../manager/controller/settings.ts";
import {customResourceDefinitions} from "../../../manager/model/generated.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {group, lane, settings, shop} from "../controller/check/inspections.ts";
import {meshlane} from "./captured.ts";

const installed = settingsObject({...settings, nativeSupported: false});
const ann = JSON.stringify(lane());

async function started() {
  const cluster = await FakeCluster.start([...shop, installed], [...ourKinds, ...istioKinds]);
  const flags = ["--settle", "0s", ...(await cluster.flags())];
  return {
    cluster,
    run: (input: string, ...more: string[]) => meshlane(["delete", "-f", "-", ...more, ...flags], input),
  };
}

const nothing = "there is no lane and no group in it. Is it the right file?\n";
const other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

test.each([
  ["is empty", "", nothing],
  [
    "has neither lane nor group",
    other,
    `warning: ConfigMap is not an object of meshlane.dev: skipped  standard input:1\n${nothing}`,
  ],
  ["breaks off", `${ann}\n---\nkind: SwimLane\nspec: {\n`, / {2}standard input:\d\n$/],
  [
    "has a key twice",
    `${ann}\n---\nkind: SwimLane\nkind: SwimLane\n`,
    "this key stands here twice  standard input:4\n",
  ],
  [
    "has a kind that is misspelt",
    `${ann}\n---\napiVersion: meshlane.dev/v1alpha1\nkind: SwimLan\n`,
    'unknown kind "SwimLan". Did you mean "SwimLane"?  standard input:3\n',
  ],
  [
    "has a lane without name",
    `${ann}\n---\napiVersion: meshlane.dev/v1alpha1\nkind: SwimLane\nspec: {services: [{name: cart, to: cart--ann}]}\n`,
    /^lane: metadata is missing.* {2}standard input:3\n$/,
  ],
  [
    "has a lane whose name is a number",
    `${ann}\n---\napiVersion: meshlane.dev/v1alpha1\nkind: SwimLane\nmetadata: {name: 5}\nspec: {services: [{name: cart, to: cart--ann}]}\n`,
    /^lane: metadata\.name must be a string.* {2}standard input:5\n$/,
  ],
  [
    "has a lane of another version",
    `${ann}\n---\n${ann.replace("v1alpha1", "v9")}\n`,
    "this SwimLane has another apiVersion. Write apiVersion: meshlane.dev/v1alpha1.  standard input:3\n",
  ],
  [
    "has a lane whose namespace is null",
    `${ann}\n---\n${ann.replace('"namespace":"shop"', '"namespace":null')}\n`,
    /^lane ann: metadata\.namespace must be a string.* {2}standard input:3\n$/,
  ],
])("a file that %s deletes nothing and says why, as of apply", async (_what, input, said) => {
  const {cluster, run} = await started();
  for (const more of [[], ["--ignore-not-found"], ["--dry-run"]]) {
    const {code, stdout, stderr} = await run(input, ...more);
    expect({code, stdout}).toEqual({code: 1, stdout: ""});
    expect(stderr).toMatch(said);
  }
  expect(cluster.writes).toEqual([]);
});

test("a lane and a group go by their names, whatever else is wrong with them or stands beside them", async () => {
  const {cluster, run} = await started();
  const wrong = [group({servces: ["cart"]}), lane({weight: "much"})].map((object) => JSON.stringify(object));
  const {code, stdout} = await run([...wrong, other].join("\n---\n"));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^swimlane\S+ann -n shop deleted\nswimlanegroup\S+shop -n shop deleted\n/);
  expect(cluster.objects.filter(({kind}) => kind.startsWith("SwimLane"))).toEqual([]);
});

test("a delete that was interrupted is finished by the same delete, and then there is nothing left to say", async () => {
  const {cluster, run} = await started();
  const both = `${JSON.stringify(group())}\n---\n${ann}`;
  const derived = () => cluster.objects.filter(({metadata}) => metadata.name.startsWith("meshlane-"));
  for (const [more, code] of [[["--ignore-not-found"], 0] as const, [[], 1] as const]) {
    expect(await meshlane(["apply", "-f", "-", "--settle", "0s", ...(await cluster.flags())], both)).toMatchObject({
      code: 0,
    });
    expect(derived()).not.toEqual([]);
    for (const kind of ["SwimLane", "SwimLaneGroup"])
      cluster.objects.splice(
        cluster.objects.findIndex((object) => object.kind === kind),
        1,
      );
    const finished = await run(both, ...more);
    expect(finished.code).toBe(code);
    expect(finished.stdout).toContain("virtualservice.networking.istio.io/meshlane-cart -n shop deleted\n");
    expect(finished.stderr.includes("there is no SwimLane shop/ann.")).toBe(code === 1);
    expect(derived()).toEqual([]);
    cluster.writes.length = 0;
    const missing = ["there is no SwimLane shop/ann.\n", "there is no SwimLaneGroup shop/shop.\n"].join("");
    expect(await run(both, ...more)).toEqual({code, stdout: "", stderr: code === 0 ? "" : missing});
    expect(cluster.writes).toEqual([]);
  }
});

test("where Meshlane is not installed, what is not there is no problem either", async () => {
  const {cluster, run} = await started();
  cluster.objects.splice(0);
  expect(await run(ann, "--ignore-not-found")).toEqual({code: 0, stdout: "", stderr: ""});
});

const crdNames = customResourceDefinitions().flatMap((crd) => {
  const {kind, singular, plural, shortNames} = (crd.spec as {names: Record<string, string> & {shortNames: string[]}})
    .names;
  const name = kind === "SwimLane" ? "ann" : "shop";
  const all = [kind!, singular ?? kind!.toLowerCase(), plural!, ...shortNames, `${plural}.meshlane.dev`];
  return all.map((one) => [one, name] as const);
});

test.each<readonly [kind: string, name: string]>([
  ...crdNames,
  ["lane", "ann"],
  ["lanes", "ann"],
  ["group", "shop"],
  ["groups", "shop"],
  ["swimlane.meshlane.dev", "ann"],
  ["swimlanegroups.v1alpha1.meshlane.dev", "shop"],
])(
  "delete knows the names that its output and the CRDs use, and says a name given twice once: %s",
  async (kind, name) => {
    for (const args of [
      [kind, name, name],
      [`${kind}/${name}`, `${kind}/${name}`],
    ]) {
      const {cluster} = await started();
      const flags = ["-n", "shop", "--settle", "0s", ...(await cluster.flags())];
      const {code, stdout} = await meshlane(["delete", ...args, ...flags]);
      expect(code).toBe(0);
      expect(stdout.match(/^swimlane.* deleted$/gm)).toHaveLength(1);
      expect(stdout).toMatch(new RegExp(`^swimlane(group)?\\.meshlane\\.dev/${name} -n shop deleted\n`));
      const lines = `there is no ${name === "ann" ? "SwimLane" : "SwimLaneGroup"} shop/${name}.\n`;
      expect(await meshlane(["delete", ...args, ...flags])).toEqual({code: 1, stdout: "", stderr: lines});
    }
  },
);
