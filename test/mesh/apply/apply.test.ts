import {mkdtemp, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll, expect, onTestFinished, test} from "vitest";
import {parseAllDocuments} from "yaml";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import {packageRoot} from "../../../manager/package-root.ts";
import {type Mesh, serviceObject, theMesh} from "../client/index.ts";
import {install, meshlaneOk, meshlaneOn, type Meshlane, uninstall} from "../client/meshlane.ts";
import {playgroundWith} from "../shop/playground.ts";
import {group, lane, text} from "./lanes.ts";

const SHOP = "apply-shop";
const HOST = "apply.localhost";
let mesh: Mesh;
let meshlane: Meshlane;

beforeAll(async () => {
  mesh = await theMesh();
  meshlane = meshlaneOn(mesh);
  await install(mesh);
  const cart = {workloads: [{name: "cart"}]};
  await mesh.shop(SHOP, playgroundWith({frontend: {calls: ["cart"]}, cart, "cart--ann": {}}), {hosts: [HOST]});
  await meshlaneOk(mesh, ["apply", "-f", "-", "--wait"], text(group(SHOP, HOST)));
});
afterAll(async () => {
  await uninstall(mesh);
  await mesh.removeNamespace(SHOP);
});

const kinds = ["envoyfilters", "virtualservices", "destinationrules", "wasmplugins"];

/** The version of every object that we wrote for lanes. */
async function versions(): Promise<Record<string, string>> {
  const out = await mesh.kubectl(
    "get",
    kinds.join(","),
    "-A",
    "-l",
    "app.kubernetes.io/managed-by=meshlane",
    "-o",
    "json",
  );
  const {items} = JSON.parse(out) as {items: KubernetesObject[]};
  return Object.fromEntries(
    items.map(({kind, metadata}) => [`${kind} ${metadata.namespace}/${metadata.name}`, metadata.resourceVersion!]),
  );
}

/** Names of the pods of the shop whose Envoy routes by the lane. */
async function proxiesWith(name: string): Promise<string[]> {
  const pods = await mesh.pods(SHOP);
  const having = await Promise.all(
    pods.map(async (pod) =>
      (await mesh.envoy(pod, "/config_dump?resource=dynamic_route_configs")).includes(`"${name}"`) ? [pod.name] : [],
    ),
  );
  return having.flat();
}

test("when apply --wait returns every proxy has the lane, and when delete returns none has it", async () => {
  const all = (await mesh.pods(SHOP)).map(({name}) => name);
  expect(all.length).toBeGreaterThan(2);
  for (const name of ["w1", "w2", "w3", "w4", "w5"]) {
    const applied = await meshlane(["apply", "-f", "-", "--wait"], text(lane(SHOP, name, "cart--ann")));
    const having = await proxiesWith(name);
    expect(applied).toMatchObject({code: 0});
    expect(applied.stderr).not.toContain("cannot be asked");
    expect(having.toSorted()).toEqual(all.toSorted());
    const reply = await mesh.request({host: HOST, headers: {"x-swimlane": name}});
    expect(reply.path).toBe("frontend -> cart--ann");
    const deleted = await meshlane(["delete", "lane", name, "-n", SHOP]);
    expect(await proxiesWith(name)).toEqual([]);
    expect(deleted).toMatchObject({code: 0});
  }
});

test.each(["native", "routes"])(
  "routing: %s: apply --wait does not say done while a proxy has not taken it, and names that proxy",
  async (routing) => {
    const routed = (how: string) => {
      const {spec, ...rest} = group(SHOP, HOST) as {spec: object};
      return meshlane(["apply", "-f", "-", "--wait"], text({...rest, spec: {...spec, routing: how}}));
    };
    expect(await routed(routing)).toMatchObject({code: 0});
    const frontend = await mesh.pod(SHOP, {app: "frontend"});
    mesh.kill(frontend, "istio-proxy", "SIGSTOP");
    const resume = () => mesh.kill(frontend, "istio-proxy", "SIGCONT");
    onTestFinished(async () => {
      resume();
      await meshlane(["delete", "lane", "frozen", "-n", SHOP]);
      await routed("auto");
    });
    for (const change of ["created", "unchanged"]) {
      const late = await meshlane(["apply", "-f", "-", "--wait=5s"], text(lane(SHOP, "frozen", "cart--ann")));
      const [stored, ...derived] = late.stdout.trimEnd().split("\n");
      expect(stored).toBe(`swimlane.meshlane.dev/frozen -n ${SHOP} ${change}`);
      // What was written is said, even where the wait behind it fails.
      expect(derived.length > 0).toBe(change === "created");
      expect(late.stderr).toContain(`proxies have not taken the changes: ${frontend.name}.${SHOP}`);
      expect(late.code).toBe(1);
    }
    resume();
    expect(await meshlane(["apply", "-f", "-", "--wait"], text(lane(SHOP, "frozen", "cart--ann")))).toMatchObject({
      code: 0,
    });
    expect(await proxiesWith("frozen")).toContain(frontend.name);
  },
);

test("what is there already is not written", async () => {
  const files = text(group(SHOP, HOST), lane(SHOP, "idle", "cart--ann"));
  expect(await meshlane(["apply", "-f", "-"], files)).toMatchObject({code: 0});
  const before = await versions();
  expect(Object.keys(before).length).toBeGreaterThan(3);
  const again = await meshlane(["apply", "-f", "-"], files);
  expect(again.stdout.trimEnd().split("\n")).toEqual([
    `swimlanegroup.meshlane.dev/shop -n ${SHOP} unchanged`,
    `swimlane.meshlane.dev/idle -n ${SHOP} unchanged`,
  ]);
  expect(await versions()).toEqual(before);
});

test("of applies at the same time none is lost", async () => {
  const names = ["at-once-1", "at-once-2", "at-once-3", "at-once-4"];
  const done = await Promise.all(
    names.map((name) => meshlane(["apply", "-f", "-"], text(lane(SHOP, name, "cart--ann")))),
  );
  expect(done.map(({code, stderr}) => ({code, stderr}))).toMatchObject(names.map(() => ({code: 0})));
  for (const name of names) {
    const path = async () => (await mesh.request({host: HOST, headers: {"x-swimlane": name}})).path;
    await expect.poll(path, {timeout: 20_000}).toBe("frontend -> cart--ann");
  }
  expect(await meshlane(["delete", "lane", ...names, "-n", SHOP])).toMatchObject({code: 0});
});

test("a dry run of the server says what would change, and changes nothing", async () => {
  const before = await versions();
  const {code, stdout} = await meshlane(["apply", "-f", "-", "--dry-run=server"], text(lane(SHOP, "dry", "cart--ann")));
  expect(code).toBe(0);
  expect(stdout).toContain(`swimlane.meshlane.dev/dry -n ${SHOP} created (server dry run)\n`);
  expect(stdout).toMatch(/^(envoyfilter|virtualservice).* configured \(server dry run\)$|created \(server dry run\)$/m);
  expect(await versions()).toEqual(before);
  expect(await mesh.kubectl("get", "swimlanes", "-n", SHOP, "-o", "name")).not.toContain("/dry");
});

test("a lane whose pods are not there waits, and says for what and what its callers get meanwhile", async () => {
  await mesh.apply(serviceObject(SHOP, "cart--none"));
  const args = ["apply", "-f", "-", "--wait=4s"];
  const {code, stderr} = await meshlane(args, text(lane(SHOP, "none", "cart--none")));
  expect(stderr).toContain("none waits: 0 of 0 pods of cart--none ready. Callers get the baseline.\n");
  expect(code).toBe(1);
  expect((await mesh.request({host: HOST, headers: {"x-swimlane": "none"}})).path).toBe("frontend -> cart");
  expect(await meshlane(["delete", "lane", "none", "-n", SHOP])).toMatchObject({code: 0});
});

test("a name that is taken and a service that is not in the group are problems of the file, with their place", async () => {
  expect(await meshlane(["apply", "-f", "-"], text(lane(SHOP, "taken", "cart--ann")))).toMatchObject({code: 0});
  const other = {...lane("default", "taken", "x"), spec: {group: `${SHOP}/shop`, services: [{name: "cart", to: "x"}]}};
  const taken = await meshlane(["apply", "-f", "-"], text(other));
  expect(taken).toMatchObject({code: 1, stdout: ""});
  expect(taken.stderr).toContain("a lane's name is one for the whole mesh");
  const crat = {...lane(SHOP, "typo", "x"), spec: {services: [{name: "crat", to: "x"}]}};
  const typo = await meshlane(["apply", "-f", "-"], text(crat));
  expect(typo).toMatchObject({code: 1, stdout: ""});
  expect(typo.stderr).toContain('service "crat" is not in group shop. Did you mean "cart"?');
  expect(await meshlane(["delete", "lane", "taken", "-n", SHOP])).toMatchObject({code: 0});
});

test("an object of our name but not of our label is somebody else's, and stays", async () => {
  const [name] = Object.keys(await versions()).filter((key) => key.startsWith(`WasmPlugin ${SHOP}/`));
  const plugin = name!.split("/")[1]!;
  await mesh.kubectl("label", "wasmplugin", plugin, "-n", SHOP, "app.kubernetes.io/managed-by=somebody", "--overwrite");
  onTestFinished(async () => {
    await mesh.kubectl("delete", "wasmplugin", plugin, "-n", SHOP);
    await meshlane(["apply", "-f", "-"], text(group(SHOP, HOST)));
  });
  await mesh.kubectl("patch", "wasmplugin", plugin, "-n", SHOP, "--type=merge", "-p", '{"spec":{"priority":1}}');
  const refused = await meshlane(["apply", "-f", "-"], text(group(SHOP, HOST)));
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`WasmPlugin ${SHOP}/${plugin}: has a name of ours, but not the label`);
  const kept = await mesh.kubectl("get", "wasmplugin", plugin, "-n", SHOP, "-o", "jsonpath={.spec.priority}");
  expect(kept).toBe("1");
});

test("who has no right to istiod waits a fixed time, and is told so in one line", async () => {
  const developer = meshlaneOn(mesh, await kubeconfigOfDeveloper());
  const done = await developer(["apply", "-f", "-", "--wait", "--settle", "1s"], text(lane(SHOP, "dev", "cart--ann")));
  expect(done).toMatchObject({code: 0});
  const lines = done.stderr.split("\n").filter((line) => line.startsWith("istiod cannot be asked"));
  expect(new Set(lines)).toEqual(
    new Set([
      "istiod cannot be asked (you may not forward ports to pods in istio-system (list pods, create pods/portforward)): waiting 1 s for the proxies instead",
    ]),
  );
  expect(await meshlane(["delete", "lane", "dev", "-n", SHOP])).toMatchObject({code: 0});
});

test("who has the roles of deploy/rights.yaml lacks nothing: check says so, apply asks istiod, delete cleans up", async () => {
  const developer = meshlaneOn(mesh, await kubeconfigOf("developer-by-file", await roles()));
  const checked = await developer(["check", "-o", "json"]);
  const results = JSON.parse(checked.stdout) as {check: string; status: string}[];
  expect(results.filter(({check}) => check === "rights")).toMatchObject([{status: "ok"}]);
  const done = await developer(["apply", "-f", "-", "--wait"], text(lane(SHOP, "by-file", "cart--ann")));
  expect(done).toMatchObject({code: 0});
  expect(done.stderr).not.toContain("istiod cannot be asked");
  expect((await mesh.request({host: HOST, headers: {"x-swimlane": "by-file"}})).path).toBe("frontend -> cart--ann");
  expect(await developer(["delete", "lane", "by-file", "-n", SHOP])).toMatchObject({code: 0});
});

test("who may not write Istio's objects is told which right is missing, and nothing is half done", async () => {
  const reader = meshlaneOn(mesh, await kubeconfigOfDeveloper(["get", "list"]));
  expect(await meshlane(["apply", "-f", "-"], text(lane(SHOP, "kept", "cart--ann")))).toMatchObject({code: 0});
  const before = await versions();
  const applied = await reader(["apply", "-f", "-"], text(lane(SHOP, "reader", "cart--ann")));
  const deleted = await reader(["delete", "lane", "kept", "-n", SHOP]);
  for (const {code, stdout, stderr} of [applied, deleted]) {
    expect({code, stdout}).toEqual({code: 1, stdout: ""});
    expect(stderr).toMatch(/^meshlane: you may not (create|update|delete) \w+\.(networking|extensions)\.istio\.io/);
    expect(stderr).toContain("in namespace apply-shop");
    expect(stderr).toContain("Nothing was written: ask for a role with these rights");
    expect(stderr).not.toContain("swimlane");
  }
  expect(await versions()).toEqual(before);
  const lanes = (await mesh.kubectl("get", "swimlanes", "-n", SHOP, "-o", "name")).split("\n");
  expect(lanes).toContain("swimlane.meshlane.dev/kept");
  expect(lanes).not.toContain("swimlane.meshlane.dev/reader");
  expect(await meshlane(["delete", "lane", "kept", "-n", SHOP])).toMatchObject({code: 0});
});

const changing = ["get", "list", "create", "update", "patch", "delete"];

const RBAC = "rbac.authorization.k8s.io/v1";

/** Those of deploy/rights.yaml. */
async function roles(): Promise<KubernetesObject[]> {
  const file = await readFile(join(packageRoot, "deploy", "rights.yaml"), "utf8");
  return parseAllDocuments(file).map((document) => document.toJS() as KubernetesObject);
}

/** Somebody who may do all with lanes, this with Istio's objects, read what is needed, and nothing in istio-system. */
async function kubeconfigOfDeveloper(verbs = changing): Promise<string> {
  const name = `developer-${verbs.length}`;
  const role = {
    apiVersion: RBAC,
    kind: "ClusterRole",
    metadata: {name},
    rules: [
      {apiGroups: ["meshlane.dev"], resources: ["*"], verbs: changing},
      {apiGroups: ["networking.istio.io", "extensions.istio.io"], resources: ["*"], verbs},
      {
        apiGroups: ["", "apps", "discovery.k8s.io", "gateway.networking.k8s.io"],
        resources: readable,
        verbs: ["get", "list"],
      },
    ],
  };
  return kubeconfigOf(name, [role]);
}

/** The kubeconfig of a new ServiceAccount that has these roles. */
async function kubeconfigOf(name: string, granted: readonly KubernetesObject[]): Promise<string> {
  const account = {apiVersion: "v1", kind: "ServiceAccount", metadata: {name, namespace: SHOP}};
  const bindings = granted.map(({kind, metadata}) => ({
    apiVersion: RBAC,
    kind: `${kind}Binding`,
    metadata: {...metadata, name: `${name}-${metadata.name}`},
    roleRef: {apiGroup: "rbac.authorization.k8s.io", kind, name: metadata.name},
    subjects: [{kind: "ServiceAccount", name, namespace: SHOP}],
  }));
  const objects = [account, ...granted, ...bindings];
  await mesh.apply(...objects);
  onTestFinished(() => mesh.delete(...objects));
  const token = (await mesh.kubectl("create", "token", name, "-n", SHOP)).trim();
  const config = JSON.parse(await mesh.kubectl("config", "view", "--raw", "--minify", "-o", "json")) as {
    users: {name: string; user: object}[];
  };
  const own = {...config, users: config.users.map((user) => ({...user, user: {token}}))};
  const folder = await mkdtemp(join(tmpdir(), "meshlane-developer-"));
  onTestFinished(() => rm(folder, {recursive: true}));
  const file = join(folder, "kubeconfig");
  await writeFile(file, JSON.stringify(own), {mode: 0o600});
  return file;
}

const readable =
  "namespaces services pods endpointslices deployments statefulsets daemonsets gateways httproutes grpcroutes".split(
    " ",
  );
