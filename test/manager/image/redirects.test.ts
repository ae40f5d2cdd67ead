import {mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, expect, test} from "vitest";
import {addressIn} from "../../../manager/image/address.ts";
import {authorize} from "../../../manager/image/authorization.ts";
import {lanesArtifact, readLanes} from "../../../manager/image/lanes.ts";
import {pushArtifact} from "../../../manager/image/push-artifact.ts";
import {parseReference} from "../../../manager/image/reference.ts";
import {Registry} from "../../../manager/image/registry.ts";
import {patience} from "../../../manager/image/transport.ts";
import {StandIn} from "./stand-in.ts";

const env = {DOCKER_CONFIG: "/nonexistent"};
const lanes = lanesArtifact([{name: "shop.yaml", text: "kind: SwimLane\n"}]);

let registry: StandIn;
let elsewhere: StandIn;
beforeEach(async () => {
  [registry, elsewhere] = [await StandIn.start(), await StandIn.start()];
});
afterEach(async () => {
  await registry.stop();
  await elsewhere.stop();
});

/** Every address of 127.0.0.0/8 is this machine, but 0.0.0.0 counts as another one. */
const asOther = ({host}: StandIn) => host.replace("127.0.0.1", "0.0.0.0");
const push = (to: StandIn, plainHttp = false) =>
  pushArtifact(new Registry(to.host, {env, plainHttp}), "lanes", lanes, "v1");
const read = (plainHttp = false) => readLanes(parseReference(`${registry.host}/lanes:v1`), {env, plainHttp});

/** The registry sends every request of this kind to the same path of another host. */
function redirect(to: string, kind: RegExp, status = 307): void {
  registry.before = ({url = ""}, response) => {
    if (!kind.test(url)) return false;
    response.writeHead(status, {location: `${to}${url}`}).end();
    return true;
  };
}

test("blobs may lie on another machine, and what came from there is compared too", async () => {
  for (const to of [registry, elsewhere]) await push(to);
  redirect(`http://${elsewhere.host}`, /\/blobs\//);
  expect(await read()).toMatchObject([{text: "kind: SwimLane\n"}]);
  expect(elsewhere.requests.at(-1)).toMatch(/^GET .*\/blobs\//);
});

test("a redirect to another machine's plain HTTP is followed only when told so", async () => {
  for (const to of [registry, elsewhere]) await push(to);
  elsewhere.requests.length = 0;
  redirect(`http://${asOther(elsewhere)}`, /\/blobs\//, 302);
  await expect(read()).rejects.toThrow(
    `${registry.host}: it sends to http://${asOther(elsewhere)}, and plain HTTP is spoken with other machines only with --plain-http`,
  );
  expect(elsewhere.requests).toEqual([]);
  expect(await read(true)).toHaveLength(1);
});

test("an upload goes to another machine's plain HTTP only when told so", async () => {
  const asked: string[] = [];
  elsewhere.before = ({method}, response) => {
    asked.push(method!);
    response.writeHead(201).end();
    return true;
  };
  registry.before = ({method}, response) => {
    if (method !== "POST") return false;
    response.writeHead(202, {location: `http://${asOther(elsewhere)}/put`}).end();
    return true;
  };
  await expect(push(registry)).rejects.toThrow("plain HTTP is spoken with other machines only with --plain-http");
  expect(asked).toEqual([]);
  await push(registry, true);
  expect(asked).toEqual(["PUT", "PUT"]);
});

/** The manifest, asked for by somebody who is logged in at the registry. */
async function askAsAnn(): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), "meshlane-redirects-"));
  const auth = Buffer.from("ann:secret").toString("base64");
  await writeFile(join(folder, "config.json"), JSON.stringify({auths: {[registry.host]: {auth}}}));
  try {
    return await new Registry(registry.host, {env: {DOCKER_CONFIG: folder}}).manifest("lanes", "v1");
  } finally {
    await rm(folder, {recursive: true});
  }
}

test.each(["at once", "once it knows who asks"])(
  "credentials do not go along to another host that the registry sends to %s, nor may that ask for them",
  async (when) => {
    const seen: (string | undefined)[] = [];
    elsewhere.before = ({headers}, response) => {
      seen.push(headers.authorization);
      response.writeHead(401, {"www-authenticate": `Bearer realm="http://${elsewhere.host}/token"`}).end();
      return true;
    };
    registry.before = ({headers, url = ""}, response) => {
      const asks = when !== "at once" && headers.authorization === undefined;
      if (asks) response.writeHead(401, {"www-authenticate": 'Basic realm="registry"'}).end();
      else response.writeHead(307, {location: `http://${elsewhere.host}${url}`}).end();
      return true;
    };
    await expect(askAsAnn()).rejects.toThrow("fetching lanes:v1: 401");
    expect(seen).toEqual([undefined]);
  },
);

test("an identity token is not sent on to another host by the token server", async () => {
  elsewhere.before = (_, response) => {
    response.end(JSON.stringify({token: "short"}));
    return true;
  };
  redirect(`http://${elsewhere.host}`, /token/);
  const refused = new Response(null, {
    headers: {"www-authenticate": `Bearer realm="http://${registry.host}/token"`},
  });
  const identity = {kind: "identity", token: "long"} as const;
  const asking = authorize(refused, new URL(`http://${registry.host}`), "s", identity, patience);
  await expect(asking).rejects.toThrow(`sends what was meant for it to http://${elsewhere.host}: nothing goes there`);
  expect(elsewhere.requests).toEqual([]);
});

test("no token server of plain HTTP elsewhere is asked for a registry on this machine either", async () => {
  const refused = new Response(null, {headers: {"www-authenticate": 'Bearer realm="http://evil.example.com/token"'}});
  const credentials = {kind: "password", username: "ann", password: "secret"} as const;
  const asking = authorize(refused, new URL(`http://${registry.host}`), "s", credentials, patience);
  await expect(asking).rejects.toThrow("it names a token server that is not asked");
});

test("a registry that sends in circles is given up", async () => {
  redirect("", /\/manifests\//);
  await expect(read()).rejects.toThrow("it sends from one address to the next, more than 5 times");
  expect(registry.requests.filter((line) => line.includes("/manifests/"))).toHaveLength(6);
});

test("a server behind a proxy that ends TLS means itself when it says http", () => {
  const from = new URL("https://registry.example.com/v2/x");
  const at = (location: string) => addressIn(location, from, {}).href;
  expect(at("http://registry.example.com/up?a=b")).toBe("https://registry.example.com/up?a=b");
  expect(at("/up")).toBe("https://registry.example.com/up");
  expect(at("https://blobs.example.com/up")).toBe("https://blobs.example.com/up");
});

test.each(["http://blobs.example.com/up", "http://10.0.0.1/up", "file:///etc/passwd", "http://[bad", "https://:1"])(
  "a registry that speaks TLS does not send to %s",
  (location) => {
    const from = new URL("https://registry.example.com/v2/x");
    expect(() => addressIn(location, from, {})).toThrow(/^registry\.example\.com: it sends to .*(address|plain HTTP)/);
  },
);
