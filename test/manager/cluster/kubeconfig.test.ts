import type https from "node:https";
import {KubeConfig} from "@kubernetes/client-node";
import {expect, test} from "vitest";
import {Kubeconfig} from "../../../manager/cluster/kubeconfig.ts";
import {kubeconfigFile} from "./fake-api.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function withUser(user: object, cluster: object = {}) {
  return {
    "current-context": "main",
    clusters: [{name: "c", cluster: {server: "https://main.example.com:6443", ...cluster}}],
    users: [{name: "u", user}],
    contexts: [{name: "main", context: {cluster: "c", user: "u"}}],
  };
}

async function optionsOf(config: {applyToHTTPSOptions(options: https.RequestOptions): Promise<void>}) {
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const {agent, headers, auth, ca, cert, key, rejectUnauthorized, ...rest} = options;
  const {options: tls} = agent as https.Agent;
  const ofAgent = {ca: tls.ca, cert: tls.cert, key: tls.key, servername: tls.servername};
  return {headers, auth, ca, cert, key, rejectUnauthorized, rest, ofAgent, ofTls: tls.rejectUnauthorized};
}

test.each([
  ["a token", withUser({token: "the-token"})],
  ["a name and a password", withUser({username: "ann", password: "secret"})],
  ["a certificate", withUser({"client-certificate-data": base64("cert"), "client-key-data": base64("key")})],
  ["another user's name", withUser({token: "the-token", as: "bob"})],
  ["an authority of its own", withUser({token: "t"}, {"certificate-authority-data": base64("ca")})],
  ["another server name", withUser({token: "t"}, {"tls-server-name": "other.example.com"})],
  ["no verification", withUser({token: "t"}, {"insecure-skip-tls-verify": true})],
])("with %s, requests are as the Kubernetes client makes them", async (_name, content) => {
  const file = await kubeconfigFile(content);
  const client = new KubeConfig();
  client.loadFromFile(file);
  expect(await optionsOf(Kubeconfig.read(file))).toEqual(await optionsOf(client));
});

test("credentials that a command gives are asked for by the Kubernetes client", async () => {
  const credential = {apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: {token: "given"}};
  const exec = {apiVersion: credential.apiVersion, command: "echo", args: [JSON.stringify(credential)]};
  const file = await kubeconfigFile(withUser({exec}));
  expect((await optionsOf(Kubeconfig.read(file))).headers).toMatchObject({Authorization: "Bearer given"});
});
