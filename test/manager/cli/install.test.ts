import {expect, test} from "vitest";
import {type InstallOptions, settingsFor} from "../../../manager/cli/install.ts";
import {isNewer} from "../../../manager/model/version-order.ts";
import {readSettings, settingsObject} from "../../../manager/controller/settings.ts";
import {FakeCluster, istioKinds, ourKinds} from "../cluster/fake-cluster.ts";
import {lane, settings, shop} from "../controller/check/inspections.ts";
import {StandIn} from "../image/stand-in.ts";
import {meshlane} from "./captured.ts";
import {version} from "./registry.ts";

const plain = {registry: "registry.example.com/mesh", push: true, dryRun: false};

test("what was said of native routing holds until something else is said", async () => {
  const api = await (await FakeCluster.start([])).api();
  const no = await settingsFor(api, settings, {...plain, routingNative: "no"});
  expect(no).toMatchObject({nativeSupported: false, nativeDecided: true});
  expect(await settingsFor(api, no, plain)).toMatchObject({nativeSupported: false, nativeDecided: true});
  expect(await settingsFor(api, no, {...plain, routingNative: "auto"})).toMatchObject({nativeDecided: false});
});

test("a decision is read back as it was written", async () => {
  const cluster = await FakeCluster.start([settingsObject({...settings, nativeDecided: true})]);
  expect(await readSettings(await cluster.api())).toMatchObject({nativeSupported: true, nativeDecided: true});
});

test("the pull secret stays until another is named, and an empty name takes it away", async () => {
  const api = await (await FakeCluster.start([])).api();
  const named = await settingsFor(api, settings, {...plain, imagePullSecret: "pull"});
  expect(settingsObject(named).data["imagePullSecret"]).toBe("pull");
  expect(await settingsFor(api, named, plain)).toMatchObject({imagePullSecret: "pull"});
  const none = await settingsFor(api, named, {...plain, imagePullSecret: ""});
  expect(settingsObject(none).data).not.toHaveProperty("imagePullSecret");
});

test("settings without what came later have its default", async () => {
  const old = settingsObject(settings);
  for (const field of ["nativeDecided", "plainHttp"]) delete old.data[field];
  const cluster = await FakeCluster.start([old]);
  expect(await readSettings(await cluster.api())).toMatchObject({nativeDecided: false, plainHttp: false});
});

test("settings that cannot be read are written anew by install", async () => {
  const broken = settingsObject(settings);
  delete broken.data["registry"];
  const cluster = await FakeCluster.start([broken]);
  const flags = await cluster.flags();
  const {code, stderr} = await meshlane(["install", "--registry", "127.0.0.1:1/mesh", "--no-push", ...flags]);
  expect(stderr).toContain("warning: ConfigMap meshlane-system/meshlane, data.registry");
  expect([code, cluster.writes]).toEqual([1, []]);
});

test("where no proxy can be asked, what was known of native routing stays", async () => {
  const api = await (await FakeCluster.start([])).api();
  for (const nativeSupported of [true, false])
    expect(await settingsFor(api, {...settings, nativeSupported}, plain)).toMatchObject({nativeSupported});
  expect(await settingsFor(api, undefined, plain)).toMatchObject({nativeSupported: false, nativeDecided: false});
});

test.each([
  [["WasmPlugin", "TrafficExtension"], "WasmPlugin"],
  [["TrafficExtension"], "TrafficExtension"],
  [[], "WasmPlugin"],
])("a cluster with %j names the filter by %s", async (kinds, wanted) => {
  const there = kinds.map((kind) => ({
    apiVersion: "extensions.istio.io/v1alpha1",
    kind,
    plural: kind.toLowerCase() + "s",
  }));
  const api = await (await FakeCluster.start([], [...ourKinds, ...there])).api();
  expect((await settingsFor(api, undefined, plain)).extensionApi).toBe(wanted);
  expect((await settingsFor(api, settings, {...plain, extensionApi: "auto"})).extensionApi).toBe(wanted);
});

test("an installation of a newer version is refused with the remedy, and nothing is written", async () => {
  const cluster = await FakeCluster.start([settingsObject({...settings, version: "99.0.0"})]);
  for (const verb of ["upgrade", "install"]) {
    const {code, stderr} = await meshlane([verb, "--registry", plain.registry, ...(await cluster.flags())]);
    expect(code).toBe(1);
    expect(stderr).toContain("version 99.0.0 is installed, which is newer than this program");
    expect(stderr).toContain("Use meshlane 99.0.0 or later");
  }
  expect(cluster.writes).toEqual([]);
});

test.each([
  ["0.2.0", "0.1.9", true],
  ["0.10.0", "0.9.0", true],
  ["0.1.0", "0.1.0", false],
  ["0.1.0-rc.1", "0.1.0", false],
  ["0.1.0-rc.10", "0.1.0-rc.9", true],
  ["1.0.0", "1.0.1", false],
])("version %s comes after %s: %s", (one, other, is) => {
  expect(isNewer(one, other)).toBe(is);
});

test("the leave for plain HTTP is one registry's, until it is taken back", async () => {
  const api = await (await FakeCluster.start([])).api();
  const old = await settingsFor(api, settings, {...plain, registry: "old.example.com/mesh", plainHttp: true});
  expect(old.plainHttp).toBe(true);
  const later = async (options: Partial<InstallOptions>) =>
    (await settingsFor(api, old, {...plain, registry: "old.example.com/mesh", ...options})).plainHttp;
  expect(await later({})).toBe(true);
  expect(await later({registry: "old.example.com/other"})).toBe(true);
  expect(await later({registry: "new.example.com/mesh"})).toBe(false);
  expect(await later({registry: "old.example.com:5000/mesh"})).toBe(false);
  expect(await later({registry: "new.example.com/mesh", plainHttp: true})).toBe(true);
  expect(await later({plainHttp: false})).toBe(false);
});

test.each([
  [[], undefined, "false"],
  [["--plain-http"], undefined, "true"],
  [[], "true", "true"],
  [[], "false", "false"],
  [["--plain-http"], "false", "true"],
  [["--no-plain-http"], "true", "false"],
])("install %j with MESHLANE_PLAIN_HTTP=%s writes plainHttp: %s", async (flags, said, wanted) => {
  if (said !== undefined) process.env["MESHLANE_PLAIN_HTTP"] = said;
  try {
    const {code, stdout} = await meshlane(["install", "--registry", plain.registry, "-o", "json", ...flags]);
    expect(code).toBe(0);
    expect(stdout).toContain(`"plainHttp": "${wanted}"`);
  } finally {
    delete process.env["MESHLANE_PLAIN_HTTP"];
  }
});

test.each([
  ["false", 1],
  ["true", 0],
])(
  "MESHLANE_PLAIN_HTTP=%s is an answer of install --dry-run too, whatever was installed: exit code %i",
  async (said, wanted) => {
    const registry = await StandIn.start();
    const other = registry.host.replace("127.0.0.1", "0.0.0.0");
    const cluster = await FakeCluster.start([settingsObject({...settings, version, registry: other, plainHttp: true})]);
    process.env["MESHLANE_PLAIN_HTTP"] = said;
    try {
      const {code} = await meshlane(["install", "--dry-run", ...(await cluster.flags())]);
      expect(code).toBe(wanted);
    } finally {
      delete process.env["MESHLANE_PLAIN_HTTP"];
      await registry.stop();
    }
  },
);

test.each(["", "yes", "0"])("MESHLANE_PLAIN_HTTP=%j is refused with what to write", async (said) => {
  process.env["MESHLANE_PLAIN_HTTP"] = said;
  try {
    expect(await meshlane(["versions"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `meshlane: MESHLANE_PLAIN_HTTP is "${said}": write true or false, or unset it\n`,
    });
  } finally {
    delete process.env["MESHLANE_PLAIN_HTTP"];
  }
});

test("upgrade -o yaml prints what an installation has, as install does, and writes nothing", async () => {
  const cluster = await FakeCluster.start([settingsObject({...settings, version: "0.0.1"})]);
  const {code, stdout} = await meshlane(["upgrade", "-o", "json", ...(await cluster.flags())]);
  expect(code).toBe(0);
  const {items} = JSON.parse(stdout) as {items: {kind: string; data?: object}[]};
  expect(items.map(({kind}) => kind)).toContain("CustomResourceDefinition");
  expect(items.find(({kind}) => kind === "ConfigMap")?.data).toMatchObject({registry: settings.registry, version});
  expect(cluster.writes).toEqual([]);
});

test("install over an installation lets the mesh follow what it says anew", async () => {
  const registry = await StandIn.start();
  const before = {...settings, mesh: {...settings.mesh, plainText: true}, nativeSupported: false};
  const installed = settingsObject({...before, version, registry: `${registry.host}/mesh`});
  const cluster = await FakeCluster.start([...shop, installed], [...ourKinds, ...istioKinds]);
  const flags = ["--settle", "0s", ...(await cluster.flags())];
  const plainText = () =>
    cluster.objects.flatMap(({kind, metadata, spec}) => {
      const {pluginConfig} = (spec ?? {}) as {pluginConfig?: {plainText?: boolean}};
      return kind === "WasmPlugin" && metadata.name === "meshlane-inbound" ? [pluginConfig?.plainText] : [];
    });
  try {
    expect(await meshlane(["apply", "-f", "-", ...flags], JSON.stringify(lane()))).toMatchObject({code: 0});
    expect(plainText()).toEqual([true]);
    const {code, stdout} = await meshlane(["install", "--plain-text", "refuse", ...flags]);
    expect(code).toBe(0);
    expect(stdout).toContain("wasmplugin.extensions.istio.io/meshlane-inbound -n shop configured\n");
    expect(plainText()).toEqual([false]);
  } finally {
    await registry.stop();
  }
});
