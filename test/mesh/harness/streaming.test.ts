import {spawn} from "node:child_process";
import {createServer, type Server} from "node:net";
import {connect} from "node:tls";
import {PassThrough, Writable} from "node:stream";
import {text} from "node:stream/consumers";
import {Exec, KubeConfig, Log, PortForward, type V1Status} from "@kubernetes/client-node";
import {afterAll, beforeAll, expect, test} from "vitest";
import {type Mesh, type PodView, theMesh} from "../client/index.ts";
import {playgroundWith} from "../shop/playground.ts";

const NAMESPACE = "harness-streaming";
let mesh: Mesh;
let pod: PodView;
let config: KubeConfig;

beforeAll(async () => {
  mesh = await theMesh();
  await mesh.shop(NAMESPACE, playgroundWith({cart: {}}));
  pod = await mesh.pod(NAMESPACE, {app: "cart"});
  config = new KubeConfig();
  config.loadFromFile(mesh.kubeconfig);
});
afterAll(() => mesh.removeNamespace(NAMESPACE));

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function kubectl(args: string[], input = ""): Promise<Ended> {
  // Without HOME it would write its cache into this folder.
  const env = {...process.env, KUBECONFIG: mesh.kubeconfig};
  const child = spawn(mesh.note.programs.kubectl, ["-n", NAMESPACE, ...args], {env});
  child.stdin.end(input);
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return {code: await code, stdout, stderr};
}

const exec = (...command: string[]) => kubectl(["exec", pod.name, "-c", "app", "--", ...command]);

test("exec runs where the container runs: its network, its files, its environment", async () => {
  const {code, stdout} = await exec("sh", "-c", "echo $MESHLANE_SERVICE; ip -o -4 addr; cat /etc/hosts");
  expect(code).toBe(0);
  expect(stdout.split("\n")[0]).toBe("cart");
  expect(stdout).toContain(` ${pod.address}/`);
  expect(stdout).toContain(pod.name);
});

test("exec as the sidecar is the sidecar's user", async () => {
  const {stdout} = await kubectl(["exec", pod.name, "-c", "istio-proxy", "--", "id", "-u"]);
  expect(stdout).toBe("1337\n");
});

test("exec gives the exit code, and both outputs apart", async () => {
  const {code, stdout, stderr} = await exec("sh", "-c", "echo out; echo err >&2; exit 7");
  expect({code, stdout}).toEqual({code: 7, stdout: "out\n"});
  expect(stderr).toMatch(/^err\n/);
});

test("exec passes stdin on to its end", async () => {
  expect(await kubectl(["exec", "-i", pod.name, "-c", "app", "--", "tr", "a-z", "A-Z"], "cart")).toMatchObject({
    code: 0,
    stdout: "CART",
  });
});

test("the Node client's exec has the exit code in its status", async () => {
  const out = new PassThrough();
  const status = await new Promise<V1Status>((resolve, reject) => {
    const command = ["sh", "-c", "echo out; exit 4"];
    new Exec(config).exec(NAMESPACE, pod.name, "app", command, out, null, null, false, resolve).catch(reject);
  });
  expect(status.details?.causes).toEqual([{reason: "ExitCode", message: "4"}]);
  out.end();
  expect(await text(out)).toBe("out\n");
});

test("logs have the container's lines, the last of them, with their times", async () => {
  const all = await kubectl(["logs", pod.name, "-c", "istio-proxy"]);
  expect(all.stdout).toContain("Envoy proxy is ready");
  const last = await kubectl(["logs", pod.name, "-c", "istio-proxy", "--tail=1", "--timestamps"]);
  expect(last.stdout).toMatch(/^20\d\d-\d\d-\d\dT[\d:.]+Z .*\n$/);
  expect(await kubectl(["logs", pod.name, "-c", "istio-proxy", "--since-time=2999-01-01T00:00:00Z"])).toMatchObject({
    code: 0,
    stdout: "",
  });
});

test("logs that are followed end with the client", async () => {
  const seen = new Promise<string>((resolve, reject) => {
    const sink = new Writable({
      write: (chunk: Buffer) => resolve(chunk.toString()),
    });
    new Log(config).log(NAMESPACE, pod.name, "istio-proxy", sink, {follow: true, tailLines: 1}).then((controller) => {
      void seen.finally(() => controller.abort());
    }, reject);
  });
  expect(await seen).not.toBe("");
});

test("a port is forwarded to localhost in the pod", async () => {
  const server = createServer((socket) => {
    void new PortForward(config).portForward(NAMESPACE, pod.name, [15000], socket, null, socket);
  });
  const port = await listening(server);
  try {
    const info = await fetch(`http://127.0.0.1:${port}/server_info`, {headers: {connection: "close"}});
    expect(((await info.json()) as {state: string}).state).toBe("LIVE");
  } finally {
    server.close();
  }
});

test("a port where nobody listens is said to be refused", async () => {
  const refused = new PassThrough();
  const nothing = new PassThrough();
  await new PortForward(config).portForward(NAMESPACE, pod.name, [9], new PassThrough(), refused, nothing);
  const said = await new Promise<Buffer>((resolve) => refused.once("data", resolve));
  expect(said.toString()).toContain("connection refused");
});

test("attach is refused, and says what to use", async () => {
  const {code, stderr} = await kubectl(["attach", pod.name, "-c", "app"]);
  expect(code).toBe(1);
  expect(stderr).toContain("use exec or logs --follow");
});

test("nobody is served without the API server's certificate", async () => {
  const {status} = (await mesh.api.read({apiVersion: "v1", kind: "Pod", metadata: pod})) as {
    status: {hostIP: string};
  };
  const refused = new Promise<Error>((resolve) => {
    connect({host: status.hostIP, port: 10250, rejectUnauthorized: false}, function (this: NodeJS.WritableStream) {
      this.write("GET /healthz HTTP/1.1\r\nhost: node\r\n\r\n");
    }).once("error", resolve);
  });
  expect((await refused).message).toMatch(/certificate required/);
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as {port: number}).port));
  });
}
