import {chmod, mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, expect, test} from "vitest";
import {credentialsFor} from "../../../manager/image/credentials.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshlane-docker-"));
});
afterEach(() => rm(folder, {recursive: true}));

const ann = {kind: "password", username: "ann", password: "s3:cret"};
const auth = Buffer.from("ann:s3:cret").toString("base64");

async function lookUp(registry: string, config: object | string) {
  await writeFile(join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return credentialsFor(registry, {DOCKER_CONFIG: folder, PATH: `${folder}:${process.env["PATH"]}`});
}

/** A credential helper that answers what the shell lines say. */
async function helper(name: string, lines: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`);
  await writeFile(file, `#!/bin/sh\n${lines}\n`);
  await chmod(file, 0o755);
}

test.each(["registry.example.com", "https://registry.example.com", "https://registry.example.com/v1/"])(
  "the entry of a registry is found under the key %s",
  async (key) => {
    expect(await lookUp("registry.example.com", {auths: {[key]: {auth}}})).toEqual(ann);
  },
);

test("an entry of another host or port is not used", async () => {
  const config = {auths: {"registry.example.com": {auth}}};
  expect(await lookUp("registry.example.com:5000", config)).toBeUndefined();
  expect(await lookUp("other.example.com", config)).toBeUndefined();
});

test("without a configuration there are no credentials", async () => {
  expect(await credentialsFor("registry.example.com", {DOCKER_CONFIG: join(folder, "none")})).toBeUndefined();
});

test("a registry's own helper is asked before the store, and the store before the file", async () => {
  await helper("own", `read host; echo '{"Username":"own","Secret":"'$host'"}'`);
  await helper("store", `echo '{"Username":"store","Secret":"x"}'`);
  const config = {auths: {"b.example.com": {auth}}, credsStore: "store", credHelpers: {"a.example.com": "own"}};
  expect(await lookUp("a.example.com", config)).toEqual({kind: "password", username: "own", password: "a.example.com"});
  expect(await lookUp("b.example.com", config)).toMatchObject({username: "store"});
});

test("a helper's <token> is an identity token, and what it does not know is looked for in the file", async () => {
  await helper("token", `echo '{"Username":"<token>","Secret":"t"}'`);
  expect(await lookUp("a.example.com", {credsStore: "token"})).toEqual({kind: "identity", token: "t"});
  await helper("empty", "echo 'credentials not found in native keychain'; exit 1");
  expect(await lookUp("a.example.com", {credsStore: "empty", auths: {"a.example.com": {auth}}})).toEqual(ann);
});

test("no secret is in the message of what fails", async () => {
  await helper("broken", "echo s3cret; echo s3cret >&2; exit 3");
  const failing = lookUp("a.example.com", {credsStore: "broken"});
  await expect(failing).rejects.toThrow("docker-credential-broken get failed for a.example.com (exit code 3)");
  await expect(failing).rejects.not.toThrow("s3cret");
  const mistyped = lookUp("a.example.com", '{"auths": {"a.example.com": {"auth": "s3cret"}');
  await expect(mistyped).rejects.toThrow("is no Docker configuration");
  await expect(mistyped).rejects.not.toThrow("s3cret");
});

test("a helper that is not installed is named; one that is no plain name is not run", async () => {
  await expect(lookUp("a.example.com", {credsStore: "absent"})).rejects.toThrow(
    "docker-credential-absent, which does not run",
  );
  await expect(lookUp("a.example.com", {credsStore: "../evil"})).rejects.toThrow(`"../evil": no such name`);
});
