import {readFileSync} from "node:fs";
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {
  durationSeconds,
  formatProblem,
  keyOf,
  loadMesh,
  precedence,
  problemAt,
  servicesOf,
} from "../../../manager/model/index.ts";
import {group, lane, load, playground} from "./texts.ts";

function sample(name: string) {
  return {name, text: readFileSync(new URL(`../../../deploy/samples/${name}`, import.meta.url), "utf8")};
}

describe("defaults", () => {
  test("the sample shop has no problem, not even a warning", () => {
    const {mesh, problems} = loadMesh([sample("shop.yaml"), sample("playground.yaml")]);
    expect(problems.map(formatProblem)).toEqual([]);
    expect(mesh.groups.map(keyOf)).toEqual(["shop/shop"]);
    expect(mesh.lanes.map(({metadata}) => metadata.name)).toEqual(["ann", "bob", "eve", "next", "team-a"]);
    expect(mesh.playground?.spec.services).toHaveLength(10);
  });

  test("a group without a spec is all Services of its namespace, and users are told apart by an issued cookie", () => {
    const {mesh, errors} = load({apiVersion: "meshlane.dev/v1alpha1", kind: "SwimLaneGroup", metadata: {name: "a"}});
    expect(errors).toEqual([]);
    expect(mesh.groups[0]!.metadata.namespace).toBe("default");
    expect(mesh.groups[0]!.spec).toEqual({
      entry: {gateways: [], services: [], lane: [], trusted: []},
      stickyBy: [{issue: "swimlane-id"}],
      strict: [],
      routing: "auto",
      through: [],
      allow: [],
    });
  });

  test("a lane without a group is in its namespace's only one", () => {
    const {mesh} = load(group(), lane());
    expect(mesh.lanes[0]!.spec.group).toBe("shop/shop");
    expect(mesh.lanes[0]!.spec).toMatchObject({match: [], weight: 0, fallback: [], priority: 0, strict: false});
  });

  test("a lane may name a group of another namespace that allows it", () => {
    const shop = group({services: ["cart"], allow: ["dev"]});
    const {mesh, errors} = load(shop, lane({group: "shop/shop"}, {namespace: "dev"}));
    expect(errors).toEqual([]);
    expect(mesh.lanes[0]!.spec.group).toBe("shop/shop");
  });

  test("image is short for fork.image, and the lane's labels stand where nothing else does", () => {
    const services = [{name: "cart", image: "registry/cart:ann"}, {name: "payment"}];
    const shop = group({services: ["cart", "payment"], baseline: {labels: {version: "v1"}}});
    const {mesh, errors} = load(shop, lane({services, labels: {version: "v2"}}));
    expect(errors).toEqual([]);
    expect(mesh.lanes[0]!.spec.services).toEqual([
      {name: "cart", fork: {image: "registry/cart:ann", replicas: 1}},
      {name: "payment", labels: {version: "v2"}},
    ]);
  });

  test("a playground's service has one workload of its name, and gives its labels to all", () => {
    const {mesh, errors} = load(
      playground({
        services: [
          {name: "cart", calls: ["payment", {service: "bank", port: 9000}], labels: {version: "v1"}},
          {
            name: "payment",
            labels: {tier: "a"},
            workloads: [
              {name: "p1", labels: {version: "v1"}},
              {name: "p2", address: "127.0.0.1:80"},
            ],
          },
        ],
        external: [{name: "bank", address: "[::1]:8080"}],
      }),
    );
    expect(errors).toEqual([]);
    expect(mesh.playground?.spec).toMatchObject({plainText: "refuse", entry: "cart", edge: {}});
    expect(mesh.playground?.spec.traceIds).toHaveLength(9);
    expect(mesh.playground?.spec.services).toEqual([
      {
        name: "cart",
        calls: [{service: "payment"}, {service: "bank", port: 9000}],
        forwards: [],
        workloads: [{name: "cart", labels: {version: "v1"}}],
      },
      {
        name: "payment",
        calls: [],
        forwards: [],
        workloads: [
          {name: "p1", labels: {tier: "a", version: "v1"}},
          {name: "p2", labels: {tier: "a"}, address: "127.0.0.1:80"},
        ],
      },
    ]);
  });

  test("the services of a group that lists none are those of the playground, or unknown", () => {
    const shop = playground({services: [{name: "cart"}, {name: "cart--ann"}]});
    const here = load(group({}), shop).mesh;
    expect(servicesOf(here, here.groups[0]!)).toEqual(["cart", "cart--ann"]);
    const elsewhere = load(group({})).mesh;
    expect(servicesOf(elsewhere, elsewhere.groups[0]!)).toBeUndefined();
  });
});

describe("reading", () => {
  test("what kubectl prints is accepted: a list, with the fields that the server sets", () => {
    const stored = lane({}, {creationTimestamp: "2026-01-01T00:00:00Z"}) as {metadata: object};
    Object.assign(stored.metadata, {
      uid: "u",
      resourceVersion: "7",
      generation: 2,
      managedFields: [{manager: "kubectl"}],
    });
    const {errors, warnings} = load(group(), {...stored, status: {conditions: [{type: "Accepted"}]}});
    expect([...errors, ...warnings]).toEqual([]);
  });

  test("JSON indented by tabs is read", () => {
    const text = JSON.stringify(group(), null, "\t");
    expect(loadMesh([{name: "a.json", text}])).toMatchObject({problems: [], mesh: {groups: [{}]}});
  });

  test("YAML anchors and merge keys are read, an alias bomb is refused", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (const letter of "bcdefgh")
      bomb.push(
        `${letter}: &${letter} [${"*a, ".repeat(9).replaceAll("a", String.fromCharCode(letter.charCodeAt(0) - 1))}]`,
      );
    const {problems} = loadMesh([{name: "bomb.yaml", text: bomb.join("\n")}]);
    expect(problems.map(({message}) => message)).toEqual([expect.stringContaining("cannot be read")]);
  });

  test("a syntax error has its line", () => {
    const {problems} = loadMesh([{name: "a.yaml", text: "kind: SwimLane\nspec:\n  services: [cart\n"}]);
    expect(problems).toEqual([expect.objectContaining({severity: "error", file: "a.yaml", line: 4})]);
  });

  test("objects of others are skipped with a warning", () => {
    const {errors, warnings} = load({apiVersion: "v1", kind: "Service", metadata: {name: "cart"}});
    expect(errors).toEqual([]);
    expect(warnings).toEqual(["warning: Service is not an object of meshlane.dev: skipped"]);
  });

  test("nothing at all is an empty mesh", () => {
    for (const text of ["", "---\n---\n", "# only a comment\n"]) {
      expect(loadMesh([{name: "a", text}])).toEqual({mesh: {groups: [], lanes: []}, problems: []});
    }
  });

  const words = fc.constantFrom(
    "apiVersion: meshlane.dev/v1alpha1\n",
    "kind: SwimLane\n",
    "kind: SwimLaneGroup\n",
    "kind: Playground\n",
    "kind: List\nitems:\n",
    "metadata: ",
    "spec: ",
    "services: ",
    "name: ",
    "- ",
    "  ",
    "\n",
    "{",
    "}",
    "[",
    "]",
    ": ",
    ",",
    "&a ",
    "*a",
    "<<: ",
    "!!binary ",
    "? ",
    "|\n",
    "--- ",
    "__proto__: ",
    "constructor: ",
    "match: ",
    "fallback: ",
    "null",
  );
  const texts = fc.array(fc.oneof(words, fc.string({maxLength: 5})), {maxLength: 40}).map((parts) => parts.join(""));

  test("no text makes it throw", () => {
    fc.assert(
      fc.property(fc.array(texts, {maxLength: 3}), (all) => {
        const {problems} = loadMesh(all.map((text, index) => ({name: `${index}.yaml`, text})));
        for (const {line} of problems) expect(line).toBeGreaterThan(0);
      }),
      {numRuns: 500},
    );
  });

  test("no value of any field makes it throw", () => {
    const field = fc.constantFrom(
      "services",
      "match",
      "weight",
      "entry",
      "labels",
      "fallback",
      "stickyBy",
      "calls",
      "workloads",
      "baseline",
      "name",
    );
    const {value} = fc.letrec((tie) => ({
      value: fc.oneof(
        {maxDepth: 4},
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
        fc.array(tie("value"), {maxLength: 3}),
        fc.dictionary(fc.oneof(field, fc.string({maxLength: 6})), tie("value"), {maxKeys: 4}),
      ),
    }));
    fc.assert(
      fc.property(fc.constantFrom(group, lane, playground), value, (object, spec) => {
        load(object(spec as object));
      }),
      {numRuns: 500},
    );
  });

  test("nesting without end is a problem, not a crash", () => {
    for (const text of ["[".repeat(100_000), "- ".repeat(100_000), `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`]) {
      expect(loadMesh([{name: "deep.yaml", text}]).problems.length).toBeGreaterThan(0);
    }
  });
});

describe("problems", () => {
  test("all of all files are reported at once, in order of place", () => {
    const first =
      "apiVersion: meshlane.dev/v1alpha1\nkind: SwimLane\nmetadata: {name: ann}\nspec:\n  weight: x\n  ttl: y\n";
    const second = "kind: Nothing\n---\nkind: None\n";
    const {problems} = loadMesh([
      {name: "z.yaml", text: first},
      {name: "a.yaml", text: second},
    ]);
    expect(problems.map(({file, line}) => `${file}:${line}`)).toEqual([
      "z.yaml:4",
      "z.yaml:5",
      "z.yaml:6",
      "a.yaml:1",
      "a.yaml:3",
    ]);
  });

  test("a line says object, cause, remedy and place", () => {
    const text = [
      JSON.stringify(group()),
      "---",
      "apiVersion: meshlane.dev/v1alpha1",
      "kind: SwimLane",
      "metadata: {name: ann, namespace: shop}",
      "spec:",
      "  services:",
      "    - to: cart--ann",
      "      name: crat",
    ].join("\n");
    const {problems} = loadMesh([{name: "shop.yaml", text}]);
    expect(problems.map(formatProblem)).toEqual([
      'lane ann: service "crat" is not in group shop. Did you mean "cart"?  shop.yaml:9',
    ]);
  });

  test("later stages place their own on an object's line", () => {
    const text = `\n\n${JSON.stringify(group())}`;
    const {mesh} = loadMesh([{name: "shop.yaml", text}]);
    expect(problemAt(mesh.groups[0]!, ["spec", "routing"], {message: "m"})).toMatchObject({
      file: "shop.yaml",
      line: 3,
      object: "group shop",
    });
    expect(formatProblem(problemAt({kind: "SwimLane", metadata: {name: "x"}}, [], {message: "m"}))).toBe("lane x: m");
  });

  test("an object that is not valid causes no problems in those that name it", () => {
    const {errors} = load(
      group({routing: "x"}),
      lane({fallback: ["bob"], group: "shop"}),
      lane({weight: -1}, {name: "bob"}),
    );
    expect(errors).toHaveLength(2);
    expect(errors).toEqual([
      expect.stringContaining("group shop: spec.routing"),
      expect.stringContaining("lane bob: spec.weight"),
    ]);
  });

  test("an unknown field does not also break the rule about its neighbours", () => {
    const {errors} = load(group(), lane({match: [{uri: {exat: "/a"}}]}));
    expect(errors).toEqual(['lane ann: spec.match[0].uri has an unknown field "exat". Did you mean "exact"?']);
  });
});

describe("precedence", () => {
  const order = (...lanes: object[]) =>
    load(group(), ...lanes)
      .mesh.lanes.toSorted(precedence)
      .map(({metadata}) => metadata.name);

  test("higher priority, then older, then by name; without a time last", () => {
    const old = {creationTimestamp: "2026-01-01T00:00:00Z"};
    // Later than `old` although its text sorts before it.
    const young = {creationTimestamp: "2026-01-01T00:30:00-01:00"};
    const lanes = [
      lane({}, {name: "a"}),
      lane({}, {name: "b", ...young}),
      lane({}, {name: "d", ...old}),
      lane({}, {name: "c", ...old}),
      lane({priority: 1}, {name: "z"}),
    ];
    expect(order(...lanes)).toEqual(["z", "c", "d", "b", "a"]);
  });
});

test("a duration is seconds", () => {
  expect(["90m", "8h", "2d"].map(durationSeconds)).toEqual([5400, 28_800, 172_800]);
});
