import {expect, test} from "vitest";
import {connect} from "../../../manager/cluster/connect.ts";
import {kubeconfigFile, kubeconfigOf} from "./fake-api.ts";

const main = kubeconfigOf("https://main.example.com:6443");
const other = {
  ...kubeconfigOf("https://other.example.com"),
  "current-context": "far",
  contexts: [
    {name: "far", context: {cluster: "d", user: "u"}},
    {name: "main", context: {cluster: "d", user: "u", namespace: "not-this"}},
  ],
  clusters: [{name: "d", cluster: {server: "https://other.example.com"}}],
};

test("of several files in KUBECONFIG the first to name a thing is right, and one that is not there is passed over", async () => {
  const files = ["/nowhere/config", await kubeconfigFile(main), await kubeconfigFile(other)];
  const env = {KUBECONFIG: files.join(":")};
  expect(connect({env})).toMatchObject({namespace: "shop", place: {server: "https://main.example.com:6443"}});
  expect(connect({env, context: "far"})).toMatchObject({
    namespace: "default",
    place: {server: "https://other.example.com"},
  });
});

test("--kubeconfig goes before KUBECONFIG, and ~/.kube/config is last", async () => {
  const kubeconfig = await kubeconfigFile(main);
  const env = {KUBECONFIG: await kubeconfigFile(other)};
  expect(connect({kubeconfig, env}).place.from).toBe(`context main of ${kubeconfig}`);
  expect(() => connect({env: {HOME: "/nowhere"}})).toThrow(
    "there is no kubeconfig: /nowhere/.kube/config does not exist. Name one with --kubeconfig FILE",
  );
});

test.each([
  ["a context that is not there", {context: "mian"}, main, 'there is no context "mian" in FILE. Did you mean "main"?'],
  ["no current context", {}, {...main, "current-context": ""}, "FILE has no current context: write --context main"],
  [
    "a cluster that is not there",
    {},
    {...main, clusters: []},
    'context main of FILE names cluster "c", which is not there',
  ],
])("%s is said with the file", async (_name, options, content, message) => {
  const file = await kubeconfigFile(content);
  expect(() => connect({...options, kubeconfig: file, env: {}})).toThrow(message.replace("FILE", file));
});

test("a file that cannot be read is named without its content", async () => {
  const file = await kubeconfigFile("users:\n  - name: u\n    user: {token: the-secret-token\n  x: ]");
  const open = () => connect({kubeconfig: file, env: {}});
  expect(open).toThrow(`${file} cannot be read as a kubeconfig`);
  expect(open).not.toThrow("the-secret-token");
});

test("what stands in messages of the server's address is no user and no password", async () => {
  const file = await kubeconfigFile(kubeconfigOf("https://ann:the-secret@main.example.com/path"));
  expect(connect({kubeconfig: file, env: {}}).place.server).toBe("https://main.example.com");
});
