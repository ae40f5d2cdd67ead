import http from "node:http";
import {Duplex, PassThrough} from "node:stream";
import type {KubeConfig} from "@kubernetes/client-node";
import type {Api} from "./api.ts";
import {ClusterError, failureOf} from "./failure.ts";

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

const timeoutMs = 15_000;

/**
 * One HTTP GET through the API server to a port of a pod, where it comes from the pod's own loopback.
 * @returns the body of a 200
 * @throws ClusterError
 */
export async function getFromPod(api: Api, to: PodPort, path: string): Promise<string> {
  const {namespace, pod, port} = to;
  const fromPod = new PassThrough();
  const toPod = new PassThrough();
  const socket = await open(api, to, fromPod, toPod);
  const connection = Duplex.from({readable: fromPod, writable: toPod});
  // What is left of the connection when the answer is there is of no interest.
  connection.on("error", () => {});
  try {
    return await get(connection, path);
  } catch (error) {
    const message = `port ${port} of pod ${namespace}/${pod} gives no answer to GET ${path}: ${(error as Error).message}`;
    throw new ClusterError("Unreachable", message);
  } finally {
    socket.close();
    connection.destroy();
  }
}

async function open(api: Api, {namespace, pod, port}: PodPort, output: PassThrough, input: PassThrough) {
  try {
    // Not every command asks a pod, and it takes a while to load.
    const {PortForward} = await import("@kubernetes/client-node/dist/portforward.js");
    // It asks the configuration for the current cluster and for the options of a request, and nothing else.
    const config = api.transport.config as unknown as KubeConfig;
    const opened = await new PortForward(config).portForward(namespace, pod, [port], output, null, input);
    return opened as {close(): void};
  } catch (error) {
    const {message = ""} = error as {message?: string};
    const status = Number(/Unexpected server response: (\d+)/.exec(message)?.[1] ?? 0);
    const asked = {verb: "create", resource: "pods/portforward", namespace, name: pod};
    throw failureOf(status, {message: status === 0 ? message : ""}, asked, api.transport.place);
  }
}

function get(connection: Duplex, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      createConnection: () => connection,
      path,
      headers: {host: "localhost", connection: "close"},
      timeout: timeoutMs,
    });
    const timer = setTimeout(() => request.destroy(new Error(`nothing for ${timeoutMs / 1000} s`)), timeoutMs);
    request.on("close", () => clearTimeout(timer));
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`it answers ${response.statusCode}`));
      });
    });
    request.end();
  });
}
