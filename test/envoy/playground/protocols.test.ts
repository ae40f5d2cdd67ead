/** Processes of the user's that speak one protocol alone, whatever their callers speak. */
import {createServer as createServer1, type Server} from "node:http";
import {createServer as createServer2, type Http2ServerRequest, type Http2ServerResponse} from "node:http2";
import type {AddressInfo} from "node:net";
import {afterAll, beforeAll, expect, test} from "vitest";
import {send, type Wire} from "../rig/client.ts";
import {Local} from "./rig/local.ts";

/** Answers each request with the version that it came by. */
const servers: Record<"http1" | "http2", Server> = {
  http1: createServer1((request, response) => response.end(request.httpVersion)),
  http2: createServer2((request: Http2ServerRequest, response: Http2ServerResponse) => {
    response.end(request.httpVersion);
  }) as unknown as Server,
};

const WIRES: Wire[] = ["HTTP/1.1", "HTTP/2"];

const town = (port1: number, port2: number): string => `
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: town, namespace: town}
spec:
  services:
    - {name: old, calls: [new], workloads: [{name: old, address: "127.0.0.1:${port1}", protocol: http1}]}
    - {name: new, workloads: [{name: new, address: "127.0.0.1:${port2}", protocol: http2}]}
`;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

let mesh: Local;
beforeAll(async () => {
  mesh = await Local.start(town(await listen(servers.http1), await listen(servers.http2)));
});
afterAll(async () => {
  await mesh?.stop();
  for (const server of Object.values(servers)) server.close();
});

async function asked(port: number, wire: Wire): Promise<[status: number, version: string]> {
  const {status, body} = await send({port}, {wire});
  return [status, body.toString()];
}

test.each(WIRES)("a process of HTTP/1.1 alone answers a caller of %s", async (wire) => {
  expect(await asked(mesh.port, wire)).toEqual([200, "1.1"]);
});

test.each(WIRES)("a process of HTTP/2 alone answers a caller of %s", async (wire) => {
  expect(await asked(mesh.pod("old").spec.ports.calls["new"]!, wire)).toEqual([200, "2.0"]);
});
