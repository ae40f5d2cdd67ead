import {mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, expect, test} from "vitest";
import {fetchArtifact} from "../../../manager/image/fetch-artifact.ts";
import {lanesArtifact, readLanes} from "../../../manager/image/lanes.ts";
import {pushArtifact} from "../../../manager/image/push-artifact.ts";
import {hasModules, pushModules} from "../../../manager/image/push-modules.ts";
import {parseReference} from "../../../manager/image/reference.ts";
import {Registry} from "../../../manager/image/registry.ts";
import {patience} from "../../../manager/image/transport.ts";
import {moduleVersions} from "../../../manager/image/versions.ts";
import {StandIn} from "./stand-in.ts";

const hasty = {...patience, firstWaitMs: 1, longestWaitMs: 5};
const shop = [{name: "dir/shop.yaml", text: "kind: SwimLane\n"}];

let registry: StandIn;
let folder: string;
let options: {env: NodeJS.ProcessEnv; patience: typeof hasty};
beforeEach(async () => {
  registry = await StandIn.start();
  folder = await mkdtemp(join(tmpdir(), "meshlane-registry-"));
  options = {env: {DOCKER_CONFIG: folder}, patience: hasty};
});
afterEach(async () => {
  await registry.stop();
  await rm(folder, {recursive: true});
});

const push = (name = "lanes", artifact = lanesArtifact(shop)) =>
  pushArtifact(new Registry(registry.host, options), name, artifact, "v1");
const at = (reference: string) => parseReference(`${registry.host}/${reference}`);
const read = (reference: string) => readLanes(at(reference), options);

async function login(entry: object): Promise<void> {
  await writeFile(join(folder, "config.json"), JSON.stringify({auths: {[registry.host]: entry}}));
}

test("lane files come back as they went, under the tag and under the digest", async () => {
  await push();
  const {digest} = lanesArtifact(shop).manifest.descriptor;
  for (const reference of ["lanes:v1", `lanes@${digest}`]) {
    expect(await read(reference)).toEqual([
      {name: `oci://${registry.host}/${reference}#shop.yaml`, text: shop[0]!.text},
    ]);
  }
});

test("a blob that the repository has is not uploaded again", async () => {
  await push();
  registry.requests.length = 0;
  await push();
  expect(registry.requests.filter((line) => /^(POST|PUT) .*blobs/.test(line))).toEqual([]);
});

test("what comes must have the digest that was asked for, in the manifest and in the blobs", async () => {
  await push();
  const {digest} = lanesArtifact(shop).manifest.descriptor;
  const other = lanesArtifact([{name: "shop.yaml", text: "kind: Other\n"}]);
  registry.manifests.set(`lanes ${digest}`, {type: "x", bytes: Buffer.from(other.manifest.bytes)});
  await expect(read(`lanes@${digest}`)).rejects.toThrow("what came has the digest sha256:");
  const blob = lanesArtifact(shop).blobs[1]!.descriptor.digest;
  registry.blobs.set(`lanes ${blob}`, Buffer.from("kind: SwimLine\n"));
  await expect(read("lanes:v1")).rejects.toThrow("has other content than its digest says");
});

test("more bytes than the manifest says are not fetched", async () => {
  await push();
  registry.blobs.set(`lanes ${lanesArtifact(shop).blobs[1]!.descriptor.digest}`, Buffer.alloc(1 << 20));
  await expect(read("lanes:v1")).rejects.toThrow(`is larger than ${shop[0]!.text.length} bytes: it is not fetched`);
});

test("an image is refused where lane files are wanted", async () => {
  await pushModules(registry.host, {...options, modules: ["inbound"]});
  const {version} = (await hasModules(registry.host, {...options, modules: ["inbound"]}))[0]!;
  await expect(read(`inbound:${version}`)).rejects.toThrow("holds no lane files");
});

test("all modules are there after a push, and none before", async () => {
  const there = async () => (await hasModules(`${registry.host}/mesh`, options)).map((one) => one.there);
  expect(await there()).toEqual([false, false, false, false]);
  await pushModules(`${registry.host}/mesh`, options);
  expect(await there()).toEqual([true, true, true, true]);
});

test("that a version's tag moves to other content is said", async () => {
  const said: string[] = [];
  const {version} = (await pushModules(registry.host, {...options, modules: ["inbound"]}))[0]!;
  await pushArtifact(new Registry(registry.host, options), "edge", lanesArtifact(shop), version);
  await pushModules(registry.host, {...options, modules: ["inbound", "edge"], onProgress: (line) => said.push(line)});
  const before = lanesArtifact(shop).manifest.descriptor.digest;
  expect(said.map((line) => line.replace(/@sha256:\w+/, "@..."))).toEqual([
    `${registry.host}/inbound:${version}@... is there`,
    `edge:${version} was ${before}`,
    `pushing ${registry.host}/edge:${version}@...`,
  ]);
});

test("versions lists what the registry has, newest first, and what is missing there", async () => {
  const client = new Registry(registry.host, options);
  for (const tag of ["0.0.9", "0.0.10", "latest"]) await pushArtifact(client, "inbound", lanesArtifact(shop), tag);
  await pushModules(registry.host, {...options, modules: ["edge"]});
  const found = await moduleVersions(registry.host, options);
  const own = found[0]!.version;
  expect(found.map((one) => [one.module, one.version, one.own, one.there])).toEqual([
    ["inbound", own, true, false],
    ["outbound", own, true, false],
    ["edge", own, true, true],
    ["edge-response", own, true, false],
    ["inbound", "0.0.10", false, true],
    ["inbound", "0.0.9", false, true],
  ]);
});

test("tags on further pages are listed too", async () => {
  registry.before = ({url = ""}, response) => {
    if (!url.includes("/tags/list")) return false;
    const last = url.includes("last=a");
    if (!last) response.setHeader("link", '</v2/lanes/tags/list?n=1&last=a>; rel="next"');
    response.end(JSON.stringify({tags: [last ? "b" : "a"]}));
    return true;
  };
  expect(await new Registry(registry.host, options).tags("lanes")).toEqual(["a", "b"]);
});

test.each([429, 500, 503])("%d is tried again, and a lost upload begins anew", async (status) => {
  const failed = new Set<string>();
  registry.before = ({method}, response) => {
    if (failed.has(method!)) return false;
    failed.add(method!);
    response.writeHead(status, {"retry-after": "0"}).end();
    return true;
  };
  await push();
  expect(await read("lanes:v1")).toHaveLength(1);
  expect([...failed].toSorted()).toEqual(["GET", "HEAD", "POST", "PUT"]);
});

test("a registry that stays broken is given up, whatever wait it asks for", async () => {
  registry.before = (_, response) => {
    response.writeHead(503, {"retry-after": "86400"}).end();
    return true;
  };
  await expect(read("lanes:v1")).rejects.toThrow("fetching lanes:v1: 503");
  expect(registry.requests).toHaveLength(patience.attempts);
});

test("a registry that does not answer is given up after a time", async () => {
  registry.before = () => true;
  const failing = readLanes(at("lanes:v1"), {
    ...options,
    plainHttp: true,
    patience: {...hasty, timeoutMs: 50},
  });
  await expect(failing).rejects.toThrow("no answer within 0.05 s");
});

test("what is not there is said to be so, and what a registry says cannot steer the terminal", async () => {
  await expect(fetchArtifact(parseReference(`${registry.host}/lanes:v2`), options)).rejects.toThrow(
    "is not in the registry",
  );
  await expect(
    new Registry(registry.host, options).blob("lanes", lanesArtifact(shop).blobs[0]!.descriptor),
  ).rejects.toThrow("404 NAME_UNKNOWN no such. There is no such repository");
});

test("Basic credentials go to a registry that asks for them, and to no other", async () => {
  await login({auth: Buffer.from("ann:secret").toString("base64")});
  registry.before = ({headers}, response) => {
    if (headers.authorization === `Basic ${Buffer.from("ann:secret").toString("base64")}`) return false;
    response.writeHead(401, {"www-authenticate": 'Basic realm="registry"'}).end();
    return true;
  };
  await push();
  expect(await read("lanes:v1")).toHaveLength(1);
  const other = await StandIn.start();
  other.before = registry.before;
  try {
    const refused = readLanes(parseReference(`${other.host}/lanes:v1`), options);
    await expect(refused).rejects.toThrow(`has none for it: docker login ${other.host}`);
  } finally {
    await other.stop();
  }
});

test("credentials that are refused are not shown", async () => {
  await login({username: "ann", password: "hunter2"});
  registry.before = (_, response) => {
    response.writeHead(401, {"www-authenticate": 'Basic realm="registry"'}).end();
    return true;
  };
  const refused = read("lanes:v1");
  await expect(refused).rejects.toThrow("401. It refuses the credentials of the Docker configuration");
  await expect(refused).rejects.not.toThrow(/hunter2|ann:/);
});

test("a token is fetched for exactly what is to be done, and used until it expires", async () => {
  await login({username: "ann", password: "secret"});
  const asked: string[] = [];
  let valid = "";
  registry.before = ({url = "", headers}, response) => {
    if (url.startsWith("/token")) {
      const query = new URL(url, "http://x").searchParams;
      asked.push(`${query.get("service")} ${query.getAll("scope").join(" ")} ${headers.authorization}`);
      valid = `token-${asked.length}`;
      response.end(JSON.stringify({token: valid}));
      return true;
    }
    if (headers.authorization === `Bearer ${valid}` && valid !== "") return false;
    const realm = `http://${registry.host}/token`;
    response.writeHead(401, {"www-authenticate": `Bearer realm="${realm}",service="reg"`}).end();
    return true;
  };
  const client = new Registry(registry.host, options);
  const basic = `Basic ${Buffer.from("ann:secret").toString("base64")}`;
  await pushArtifact(client, "lanes", lanesArtifact(shop), "v1");
  expect(asked).toEqual([`reg repository:lanes:pull,push ${basic}`]);
  valid = "";
  await pushArtifact(client, "lanes", lanesArtifact(shop), "v2");
  expect(asked).toHaveLength(2);
  await client.manifest("lanes", "v1");
  expect(asked.at(-1)).toBe(`reg repository:lanes:pull ${basic}`);
});

test("an identity token is exchanged by a POST", async () => {
  await login({identitytoken: "long"});
  registry.before = ({url = "", method, headers}, response, body) => {
    if (url === "/token" && method === "POST") {
      const fields = new URLSearchParams(body.toString());
      const right = fields.get("grant_type") === "refresh_token" && fields.get("refresh_token") === "long";
      response.writeHead(right ? 200 : 400).end(JSON.stringify({access_token: "short"}));
      return true;
    }
    if (headers.authorization === "Bearer short") return false;
    response.writeHead(401, {"www-authenticate": `Bearer realm="http://${registry.host}/token",service="reg"`}).end();
    return true;
  };
  await push();
  expect(await read("lanes:v1")).toHaveLength(1);
});

test("credentials go to no token server of plain HTTP elsewhere, nor to the place of an upload elsewhere", async () => {
  await login({username: "ann", password: "secret"});
  const {authorize} = await import("../../../manager/image/authorization.ts");
  const refused = new Response(null, {headers: {"www-authenticate": 'Bearer realm="http://evil.example.com/token"'}});
  const credentials = {kind: "password", username: "ann", password: "secret"} as const;
  const asking = authorize(refused, new URL("https://registry.example.com"), "s", credentials, hasty);
  await expect(asking).rejects.toThrow("it names a token server that is not asked");

  const elsewhere = await StandIn.start();
  const seen: (string | undefined)[] = [];
  elsewhere.before = ({headers}, response) => {
    seen.push(headers.authorization);
    response.writeHead(201).end();
    return true;
  };
  registry.before = ({method, headers}, response) => {
    if (headers.authorization === undefined) {
      response.writeHead(401, {"www-authenticate": 'Basic realm="registry"'}).end();
      return true;
    }
    if (method !== "POST") return false;
    response.writeHead(202, {location: `http://${elsewhere.host}/put`}).end();
    return true;
  };
  try {
    await push();
    expect(new Set(seen)).toEqual(new Set([undefined]));
    expect(seen.length).toBeGreaterThan(0);
  } finally {
    await elsewhere.stop();
  }
});
