/** What a registry says that is none, or is broken: each is one line that says where, and is an Error that verbs print. */
import {afterEach, beforeEach, expect, test} from "vitest";
import {fetchArtifact} from "../../../manager/image/fetch-artifact.ts";
import {lanesArtifact} from "../../../manager/image/lanes.ts";
import {pushArtifact} from "../../../manager/image/push-artifact.ts";
import {parseReference} from "../../../manager/image/reference.ts";
import {Registry} from "../../../manager/image/registry.ts";
import {patience} from "../../../manager/image/transport.ts";
import {StandIn} from "./stand-in.ts";

const options = {env: {DOCKER_CONFIG: "/nonexistent"}, plainHttp: true, patience: {...patience, firstWaitMs: 1}};
const lanes = lanesArtifact([{name: "shop.yaml", text: "kind: SwimLane\n"}]);

let registry: StandIn;
beforeEach(async () => {
  registry = await StandIn.start();
});
afterEach(() => registry.stop());

const push = (artifact = lanes) => pushArtifact(new Registry(registry.host, options), "lanes", artifact, "v1");
const fetchLanes = (how = options) => fetchArtifact(parseReference(`${registry.host}/lanes:v1`), how);

/** What a promise is rejected with; verbs print the message of a plain Error only. */
async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error?.constructor).toBe(Error);
  expect(error!.message).not.toContain("\n");
  return error!.message;
}

test("a blob that is cut in the middle is said to be so", async () => {
  await push();
  registry.before = ({url = "", method}, response) => {
    if (method !== "GET" || !url.includes("/blobs/")) return false;
    response.writeHead(200, {"content-length": "15"}).write("kind", () => response.destroy());
    return true;
  };
  expect(await failure(fetchLanes())).toMatch(
    new RegExp(`^${registry.host}: blob sha256:\\w+ of lanes breaks off in the middle: try again$`),
  );
});

test("a blob that stops coming is given up after the time of a request", async () => {
  await push();
  registry.before = ({url = "", method}, response) => {
    if (method !== "GET" || !url.includes("/blobs/")) return false;
    response.writeHead(200, {"content-length": "15"}).write("kind");
    return true;
  };
  const waiting = fetchLanes({...options, patience: {...patience, timeoutMs: 2000}});
  expect(await failure(waiting)).toMatch(/blob sha256:\w+ of lanes did not come in time: try again$/);
});

test.each(["<html>Log in</html>", '{"tags":5}', '{"tags":["1.0.0\\u001b[31m"]}', "[]x", "null"])(
  "%s is no list of tags",
  async (text) => {
    registry.before = (_, response) => {
      response.end(text);
      return true;
    };
    expect(await failure(new Registry(registry.host, options).tags("lanes"))).toBe(
      `${registry.host}: listing the tags of lanes: it answered something else. Is it a registry, and is no login page before it?`,
    );
  },
);

test("a repository without tags may have null for them", async () => {
  registry.before = (_, response) => {
    response.end('{"name":"lanes","tags":null}');
    return true;
  };
  expect(await new Registry(registry.host, options).tags("lanes")).toEqual([]);
});

test("an address that is none is said to be so: of an upload, of a further page", async () => {
  registry.before = ({method, url = ""}, response) => {
    if (method === "POST") response.writeHead(202, {location: "http://[bad"}).end();
    else if (url.includes("/tags/")) response.writeHead(200, {link: '<http://[bad>; rel="next"'}).end('{"tags":[]}');
    else return false;
    return true;
  };
  const message = `${registry.host}: it sends to "http://[bad", which is no address: its owner has to mend it`;
  expect(await failure(push())).toBe(message);
  expect(await failure(new Registry(registry.host, options).tags("lanes"))).toBe(message);
});

test("a token that no header takes is no token, and is not shown", async () => {
  registry.before = ({url = ""}, response) => {
    const realm = `Bearer realm="http://${registry.host}/token"`;
    if (url.startsWith("/token")) response.end(JSON.stringify({token: "half\nsecret"}));
    else response.writeHead(401, {"www-authenticate": realm}).end();
    return true;
  };
  expect(await failure(fetchLanes())).toBe(`${registry.host}: the token server's answer has no token in it`);
});

test.each(["\u001b[31mx.yaml", "x\n.yaml", "x\u202e.yaml", "x\u009b31m.yaml"])(
  "a layer whose title would steer the terminal is refused: %j",
  async (title) => {
    await push();
    const text = Buffer.from(lanes.manifest.bytes).toString("utf8").replace('"shop.yaml"', JSON.stringify(title));
    registry.manifests.set("lanes v1", {type: "x", bytes: Buffer.from(text)});
    const message = await failure(fetchLanes());
    expect(message).toMatch(/^127\.0\.0\.1:\d+\/lanes:v1: a layer's file ".*" has control characters in its name/);
    expect(message).not.toContain(title);
  },
);
