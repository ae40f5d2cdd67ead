import {expect, onTestFinished, test, vi} from "vitest";
import {meshlane} from "./captured.ts";
import {broken, shop} from "./samples.ts";

test.each(["install", "upgrade", "uninstall", "apply", "delete", "diff"])("%s --help has examples", async (verb) => {
  const {code, stdout} = await meshlane([verb, "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`Examples:\n  meshlane ${verb}`);
  expect(stdout).toContain("--context <name>");
});

test.each([
  ["nothing to apply", ["apply"], "name what to apply: -f FILE, or oci://HOST/NAME@sha256:..."],
  ["a file without -f", ["apply", "shop.yaml"], "shop.yaml is no reference; a file is named with -f"],
  ["a dry run of nobody", ["apply", "-f", shop, "--dry-run=all"], "Allowed choices are client, server"],
  ["a time without unit", ["apply", "-f", shop, "--wait=60"], "write it like 500ms, 60s or 2m"],
  [
    "a reference for a time to wait",
    ["apply", "--wait", "oci://registry.example.com/lanes:1"],
    "meshlane: --wait takes the reference behind it for a time: write --wait=60s, or the reference before --wait\n",
  ],
  ["no registry", ["install", "-o", "yaml"], "name the registry of the modules: --registry HOST/PATH"],
  ["a kind that is none of ours", ["delete", "foo"], "foo is no kind of ours. Write lane NAME or group NAME"],
  ["a kind that every object has", ["delete", "constructor", "x"], "constructor is no kind of ours. Write lane NAME"],
  ["a lane without name", ["delete", "lane"], "name the lane: meshlane delete lane NAME"],
  ["a lane without name behind /", ["delete", "lane/"], "lane/ names no lane: write lane/NAME"],
  ["KIND/NAME behind a kind", ["delete", "lane", "sl/ann"], "sl/ann is no name. Write either lane NAME or KIND/NAME"],
  ["a name among KIND/NAME", ["delete", "sl/ann", "bob"], "bob has no kind: write KIND/NAME for each, as sl/ann"],
  ["nothing to delete", ["delete"], "name what to delete: lane NAME, group NAME, or -f FILE"],
  ["names and a file", ["delete", "lane", "ann", "-f", shop], "write either lane NAME or group NAME, or -f FILE"],
  ["a file to compare without -f", ["diff", "shop.yaml"], "shop.yaml is no reference; a file is named with -f"],
  ["nothing to compare", ["diff"], "name what to compare: -f FILE, or oci://HOST/NAME@sha256:..."],
])("%s is wrong usage: exit code 2, nothing on stdout", async (_name, args, message) => {
  // A cluster that is not there must not be what is complained of.
  vi.stubEnv("KUBECONFIG", "/nowhere/config");
  onTestFinished(() => void vi.unstubAllEnvs());
  const {code, stdout, stderr} = await meshlane(args);
  expect({code, stdout}).toEqual({code: 2, stdout: ""});
  expect(stderr).toContain(message);
});

test.each([
  ["install"],
  ["push"],
  ["apply", "oci://ci:hunter2@registry.example.com/lanes:1"],
  ["apply", "--wait=oci://ci:hunter2@registry.example.com/lanes:1"],
  ["apply", "ci:hunter2@registry.example.com/lanes:1"],
  ["verify", "ci:hunter2@registry.example.com/lanes:1"],
])("a password in a reference is not printed: %s %s", async (...args) => {
  vi.stubEnv("MESHLANE_REGISTRY", "ci:hunter2@10.190.0.1:5000/mesh");
  vi.stubEnv("KUBECONFIG", "/nowhere/config");
  onTestFinished(() => void vi.unstubAllEnvs());
  const {code, stdout, stderr} = await meshlane(args);
  expect({code, stdout}).toEqual({code: 2, stdout: ""});
  expect(stderr).not.toContain("hunter2");
});

test("a kubeconfig that is not there is a message; of diff it is no difference", async () => {
  const where = ["--kubeconfig", "/nowhere/config"];
  const message = "meshlane: there is no kubeconfig: /nowhere/config does not exist. Name one with --kubeconfig FILE\n";
  expect(await meshlane(["apply", "-f", shop, ...where])).toEqual({code: 1, stdout: "", stderr: message});
  expect(await meshlane(["diff", "-f", shop, ...where])).toEqual({code: 2, stdout: "", stderr: message});
  expect(await meshlane(["diff", "-f", "-", ...where], broken)).toMatchObject({code: 2, stdout: ""});
});

test("install -o yaml prints what an installation has, and needs no cluster", async () => {
  const args = ["install", "--registry", "registry.example.com/mesh", "-o", "json", "--kubeconfig", "/nowhere/config"];
  const {code, stdout} = await meshlane(args);
  expect(code).toBe(0);
  const {items} = JSON.parse(stdout) as {items: {kind: string; metadata: {labels: object}}[]};
  expect(items.map(({kind}) => kind)).toEqual([
    "CustomResourceDefinition",
    "CustomResourceDefinition",
    "Namespace",
    "Role",
    "RoleBinding",
    "ConfigMap",
  ]);
  for (const {metadata} of items) expect(metadata.labels).toMatchObject({"app.kubernetes.io/managed-by": "meshlane"});
});
