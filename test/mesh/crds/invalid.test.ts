import {afterAll, beforeAll, expect, test} from "vitest";
import {loadMesh} from "../../../manager/model/index.ts";
import {Server} from "./server.ts";

/** What only the other objects can tell; the API server takes these, `validate` and `apply` refuse them. */
const needsOthers = [
  "all-services-in-two-groups",
  "fallback-of-other-group",
  "fallback-unknown",
  "group-of-other-namespace",
  "group-twice",
  "hosts-overlap",
  "labels-of-the-baseline",
  "labels-without-baseline",
  "lane-service-unknown",
  "lane-twice",
  "match-without-entry",
  "namespace-not-allowed",
  "no-group",
  "service-in-two-groups",
  "several-groups",
  "two-groups-take-the-rest",
  "unknown-group",
  "weight-without-entry",
  "weights-over-100",
];

/** kubectl takes the last of two keys before the API server sees anything; patterns of hosts are too much for CEL. */
const onlyValidate = ["duplicate-key", "entry-route-host-twice", "entry-route-other-host"];
const taken = [...needsOthers, ...onlyValidate];

/** What is refused in words of the API server's or of kubectl's own. */
const otherWords: Record<string, RegExp> = {
  "entry-route-unknown-service": /spec\.entry\.routes: .*must be for services of this group/,
  "entry-route-without-gateway": /spec\.entry\.routes: .*must be left out where there is no gateway/,
  "entry-service-unknown": /spec\.entry\.services: .*must be services of this group/,
  "fork-env-number": /spec\.services\[0\]\.fork\.env\.PORT: .*must be of type string/,
  "fork-without-image": /spec\.services\[0\]\.fork\.image: Required value/,
  "group-of-no-services": /spec\.services: .*should have at least 1 items/,
  "group-repeats-service": /spec\.services\[1\]: Duplicate value: "cart"/,
  "label-name": /spec\.baseline\.labels: .*each name must be a label's name/,
  "lane-service-twice": /spec\.services\[1\]: Duplicate value: {"name":"cart"}/,
  "lane-service-without-workload": /must say what overrides each service: one of image, fork, to, labels/,
  "lane-without-services": /spec\.services: .*should have at least 1 items/,
  "match-bad-network": /spec\.match\[0\]\.from\[0\]: .*must be of type cidr: "10\.0\.0\.0\/33"/,
  "match-bad-time": /spec\.match\[0\]\.time\.after: .*must be of type date-time/,
  "match-empty-prefix": /spec\.match\[0\]\.uri\.prefix: .*at least 1 chars long/,
  "match-in-nothing": /spec\.match\[0\]\.method\.in: .*at least 1 items/,
  "match-the-context": /spec\.match\[0\]\.headers: .*each name must not be the context/,
  "match-upper-case-header": /spec\.match\[0\]\.headers: .*each name must be a header name in lower case/,
  "match-without-operator": /spec\.match\[0\]\.cookies\.staff: .*must be of type object/,
  "missing-name": /metadata\.name: Required value/,
  "no-kind": /kind not set/,
  "no-object": /invalid object to validate/,
  "other-api-version": /no matches for kind "SwimLaneGroup" in version "meshlane\.dev\/v1"/,
  priority: /spec\.priority: .*must be of type integer/,
  "strict-unknown": /spec\.strict: .*must be services of this group/,
  "unknown-kind": /no matches for kind "SwimLan"/,
  "unknown-routing": /spec\.routing: Unsupported value: "magic": supported values: "auto", "routes", "native"/,
  "way-by-address": /spec\.entry\.lane\[0\]\.from\[0\]: .*must be of type cidr: "10\.0\.0\.1"/,
  "ways-without-entry": /spec\.entry\.lane: .*write gateways: \[NAMESPACE\/NAME\]/,
  "weight-as-text": /spec\.weight: .*must be of type number/,
  "weight-too-large": /spec\.weight: .*less than or equal to 100/,
  "wrong-type": /spec\.services: .*must be of type array/,
};

let server: Server;

beforeAll(async () => {
  server = await Server.open("crds-invalid");
});
afterAll(() => server.close());

const files = await Server.names("invalid");
const texts = new Map(
  await Promise.all(files.map(async (file) => [file, await Server.text("invalid", file)] as const)),
);
const ofCluster = [...texts]
  .filter(([, text]) => !/kind: Playground/.test(text))
  .map(([file]) => file.replace(".yaml", ""));

function create(name: string) {
  return server.kubectl(texts.get(`${name}.yaml`)!, "create", "--dry-run=server");
}

test.each(ofCluster.filter((name) => taken.includes(name)))(
  "what only validate can tell is taken by the API server: %s",
  async (name) => expect(await create(name)).toMatchObject({ok: true}),
);

test.each(ofCluster.filter((name) => !taken.includes(name)))(
  "what one object can tell is refused by the API server, and says why: %s",
  async (name) => {
    const {ok, said} = await create(name);
    expect(ok).toBe(false);
    expect(said).toMatch(otherWords[name] ?? wordsOfTheModel(name));
  },
);

test("the lists name files that are there", () => {
  const known = [...taken, ...Object.keys(otherWords)];
  expect(known.filter((name) => !ofCluster.includes(name))).toEqual([]);
});

/** What `validate` says, or that the field is unknown. */
function wordsOfTheModel(name: string): RegExp {
  const {problems} = loadMesh([{name, text: texts.get(`${name}.yaml`)!}]);
  const {message} = problems.find(({severity}) => severity === "error")!;
  const {path = ""} = problems.find(({severity}) => severity === "error")!;
  const unknown = /is not available|unknown field/.test(message);
  if (unknown) return new RegExp(`unknown field "${escaped(path)}"`);
  const words = message
    .slice(message.indexOf(" ", message.startsWith(path) ? path.length : 0))
    .replace(/, not .* together$/, "");
  return new RegExp(escaped(words.trim()));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
