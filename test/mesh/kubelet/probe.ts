import {get} from "node:http";
import {connect} from "node:net";
import type {ContainerSpec, Probe} from "./pod-types.ts";

/** Asks once, from the node, as a kubelet does. Kinds of probes that the harness does not know succeed. */
export async function probeOnce(
  {httpGet, tcpSocket, timeoutSeconds = 1}: Probe,
  container: ContainerSpec,
  address: string,
): Promise<boolean> {
  const ms = timeoutSeconds * 1000;
  if (httpGet !== undefined)
    return answers(`http://${address}:${portOf(httpGet.port, container)}${httpGet.path ?? "/"}`, ms);
  if (tcpSocket !== undefined) return accepts(address, portOf(tcpSocket.port, container), ms);
  return true;
}

function answers(url: string, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, {timeout, agent: false}, (response) => {
      response.resume();
      resolve(response.statusCode! >= 200 && response.statusCode! < 400);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

function accepts(host: string, port: number, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({host, port, timeout});
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}

function portOf(port: number | string, {ports = []}: ContainerSpec): number {
  return typeof port === "number" ? port : (ports.find(({name}) => name === port)?.containerPort ?? Number(port));
}
