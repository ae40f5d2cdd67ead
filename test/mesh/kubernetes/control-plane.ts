import {generateKeyPairSync, randomBytes} from "node:crypto";
import {mkdir, readFile, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {Authority} from "../../../manager/playground/envoy/certificates.ts";
import type {Host} from "../host.ts";
import {until} from "../until.ts";
import {Api} from "./api.ts";

/** What of the controller manager runs: what the objects of a mesh need, and RBAC's own. */
const CONTROLLERS = [
  "clusterrole-aggregation-controller",
  "deployment-controller",
  "endpointslice-controller",
  "garbage-collector-controller",
  "namespace-controller",
  "replicaset-controller",
  "root-ca-certificate-publisher-controller",
  "serviceaccount-controller",
];

/** A start on a machine that does much else takes minutes. */
const START_MS = 240_000;

export interface ControlPlane {
  readonly api: Api;
  /** Path of a file of mode 0600 with an administrator's token. */
  readonly kubeconfig: string;
  /** PEM files for the kubelet's API: its own, and the authority of those whom it serves. */
  readonly kubelet: {readonly cert: string; readonly key: string; readonly clientCa: string};
}

/** etcd, the API server with RBAC, and the controllers. Resolves when the API is ready. */
export async function startControlPlane(host: Host): Promise<ControlPlane> {
  const folder = join(host.folder, "control-plane");
  await mkdir(join(folder, "certificates"), {recursive: true, mode: 0o700});
  const token = randomBytes(24).toString("hex");
  const kubelet = await writeSecrets(folder, token);
  const starting = [startEtcd(host, folder), startApiServer(host, folder)];
  await Promise.all(starting);
  const server = `https://${host.network.host}:6443`;
  const ca = await until(() => readFile(join(folder, "certificates", "apiserver.crt"), "utf8"), {
    what: "the API server's certificate",
    ms: START_MS,
  });
  const api = new Api({server, ca, token});
  const kubeconfig = join(host.folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigOf(server, ca, token), {mode: 0o600});
  await until(async () => (await api.send<string>("GET", "/readyz")) === "ok", {
    what: `the API server is ready (see ${host.logs}/kube-apiserver.log)`,
    ms: START_MS,
    signal: host.processes.stopping,
  });
  await startControllers(host, folder, kubeconfig);
  return {api, kubeconfig, kubelet};
}

async function writeSecrets(folder: string, token: string): Promise<ControlPlane["kubelet"]> {
  const authority = await Authority.create();
  const [server, client] = await Promise.all([
    authority.issue("meshlane/kubelet"),
    authority.issue("meshlane/api-server"),
  ]);
  const {privateKey, publicKey} = generateKeyPairSync("ec", {namedCurve: "P-256"});
  const files = {
    tokens: `${token},admin,admin,system:masters\n`,
    "service-account.key": privateKey.export({type: "pkcs8", format: "pem"}).toString(),
    "service-account.pub": publicKey.export({type: "spki", format: "pem"}).toString(),
    "kubelet-client-ca.crt": authority.certificate,
    "kubelet.crt": server.cert,
    "kubelet.key": server.key,
    "kubelet-client.crt": client.cert,
    "kubelet-client.key": client.key,
  };
  await Promise.all(
    Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content, {mode: 0o600})),
  );
  const at = (name: string): string => join(folder, name);
  return {cert: at("kubelet.crt"), key: at("kubelet.key"), clientCa: at("kubelet-client-ca.crt")};
}

async function startEtcd({network, start, parts}: Host, folder: string): Promise<void> {
  const clients = `http://${network.loopback}:2379`;
  const peers = `http://${network.loopback}:2380`;
  await start("etcd", parts.program("server"), [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    "--log-level=warn",
    "--unsafe-no-fsync",
  ]);
}

async function startApiServer({network, start, parts}: Host, folder: string): Promise<void> {
  const issuer = "https://kubernetes.default.svc.cluster.local";
  const at = (name: string): string => join(folder, name);
  await start("kube-apiserver", parts.program("kube-apiserver"), [
    `--etcd-servers=http://${network.loopback}:2379`,
    `--bind-address=${network.host}`,
    `--advertise-address=${network.host}`,
    "--secure-port=6443",
    `--cert-dir=${at("certificates")}`,
    `--service-cluster-ip-range=${network.services}`,
    `--service-account-issuer=${issuer}`,
    `--service-account-key-file=${at("service-account.pub")}`,
    `--service-account-signing-key-file=${at("service-account.key")}`,
    `--api-audiences=${issuer},istio-ca`,
    `--token-auth-file=${at("tokens")}`,
    "--authorization-mode=Node,RBAC",
    `--kubelet-client-certificate=${at("kubelet-client.crt")}`,
    `--kubelet-client-key=${at("kubelet-client.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    // Webhooks are called at their pods: this machine has no kube-proxy.
    "--enable-aggregator-routing=true",
    "--allow-privileged=true",
    "--profiling=false",
  ]);
}

async function startControllers({network, start, parts}: Host, folder: string, kubeconfig: string): Promise<void> {
  await start("kube-controller-manager", parts.program("kube-controller-manager"), [
    `--kubeconfig=${kubeconfig}`,
    `--bind-address=${network.loopback}`,
    "--secure-port=10257",
    `--cert-dir=${join(folder, "certificates-of-controllers")}`,
    `--controllers=${CONTROLLERS.join(",")}`,
    `--root-ca-file=${join(folder, "certificates", "apiserver.crt")}`,
    "--leader-elect=false",
    "--kube-api-qps=400",
    "--kube-api-burst=800",
    "--profiling=false",
  ]);
}

function kubeconfigOf(server: string, ca: string, token: string): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "mesh",
    clusters: [{name: "mesh", cluster: {server, "certificate-authority-data": Buffer.from(ca).toString("base64")}}],
    users: [{name: "admin", user: {token}}],
    contexts: [{name: "mesh", context: {cluster: "mesh", user: "admin"}}],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
