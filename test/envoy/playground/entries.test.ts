/** Where a context comes from and where it must not: several groups on one edge, entry services, plain text, hosts outside. */
import {createServer, type IncomingMessage, type Server} from "node:http";
import type {AddressInfo} from "node:net";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {EchoAnswer} from "../../../manager/playground/echo/answer.ts";
import {Local} from "./rig/local.ts";
import {type Ask, hops} from "./rig/visit.ts";

/** Two groups on one edge, one of whose services is an entry of its own, and a host outside the mesh. */
const town = (plainText: "accept" | "refuse", outside: number): string => `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: bank, namespace: town}
spec:
  services: [vault]
  entry: {gateways: [istio-ingress/public], hosts: [bank.test], lane: [{cookie: bank, anyone: true}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: shop, namespace: town}
spec:
  services: [front, desk]
  entry: {gateways: [istio-ingress/public], services: [desk], lane: [{cookie: shop, anyone: true}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: gold, namespace: town}
spec: {group: bank, services: [{name: vault, to: vault--gold}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: town, namespace: town}
spec:
  plainText: ${plainText}
  entry: front
  external: [{name: outside, address: "127.0.0.1:${outside}"}]
  services:
    - {name: front, calls: [desk], forwards: [traceparent, baggage, x-swimlane]}
    - {name: desk, calls: [vault, outside], forwards: [traceparent, baggage, x-swimlane]}
    - {name: vault}
    - {name: vault--gold}
`;

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/** A host outside the mesh, and the header lines that it received last. */
class Outside {
  received: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request: IncomingMessage, response) => {
      this.received = request.rawHeaders;
      response.end("{}");
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  values(name: string): string[] {
    return this.received.filter((_, index) => index % 2 === 1 && this.received[index - 1]?.toLowerCase() === name);
  }

  close(): void {
    this.#server.close();
  }
}

describe.each(["refuse", "accept"] as const)("plainText: %s", (plainText) => {
  const outside = new Outside();
  let mesh: Local;
  beforeAll(async () => {
    mesh = await Local.start(town(plainText, await outside.listen()));
  });
  afterAll(async () => {
    await mesh?.stop();
    outside.close();
  });

  test("it is fixed while the mesh runs, and an edit of it changes nothing", async () => {
    const other = plainText === "accept" ? "refuse" : "accept";
    await expect(mesh.update(town(other, 1))).rejects.toThrow("plainText of the playground is fixed while it runs");
    expect((await mesh.visit()).status).toBe(200);
  });

  /** A client that is not of the mesh, straight at the inbound side of a workload. */
  async function straightAt(workload: string, headers: Record<string, string>): Promise<EchoAnswer> {
    const {inbound} = mesh.pod(workload).spec.ports;
    const response = await fetch(`http://127.0.0.1:${inbound}/`, {headers});
    expect(response.status).toBe(200);
    return (await response.json()) as EchoAnswer;
  }

  const asking = (host: string, cookie: string): Ask => ({host, headers: {cookie}});
  const vaultOf = async (ask: Ask): Promise<string | undefined> => (await mesh.visit(ask)).at("vault");

  test("each request is decided by the group of its host, the others by the group that takes the rest", async () => {
    expect(await vaultOf(asking("bank.test", "bank=gold"))).toBe("vault--gold");
    expect(await vaultOf(asking("bank.test", "shop=gold"))).toBe("vault");
    expect(await vaultOf(asking("shop.test", "shop=gold"))).toBe("vault--gold");
    expect(await vaultOf(asking("shop.test", "bank=gold"))).toBe("vault");
  });

  test("a client cannot set a lane through the edge where no way in says so", async () => {
    const headers = {"x-swimlane": "gold", baggage: "swimlane=gold"};
    expect(hops(await mesh.visit({host: "bank.test", headers})).filter((hop) => hop.includes("gold"))).toEqual([]);
  });

  test("a program that copies the header is followed by it, and mTLS or not makes no difference to peers of the mesh", async () => {
    expect(hops(await mesh.visit(asking("bank.test", "bank=gold")))).toEqual([
      "front front gold header",
      "desk desk gold header",
      "vault vault--gold gold header",
      "outside  gold header",
    ]);
  });

  test("what leaves the mesh has no context, and other baggage as it was, byte for byte", async () => {
    const others = "userid=Am%C3%A9lie;p=1 ; q,b = 2";
    const headers = {cookie: "bank=gold", baggage: others, traceparent: TRACE};
    const made = await mesh.visit({host: "bank.test", headers});
    expect(made.at("vault")).toBe("vault--gold");
    expect(outside.values("x-swimlane")).toEqual([]);
    expect(outside.values("baggage")).toEqual([others]);
    expect(outside.values("traceparent")).toHaveLength(1);
  });

  test("what leaves the mesh from a lane with no other baggage has none at all", async () => {
    await mesh.visit(asking("bank.test", "bank=gold"));
    expect(outside.values("x-swimlane")).toEqual([]);
    expect(outside.values("baggage")).toEqual([]);
  });

  test("a plain-text client straight at a sidecar sets a lane only where plain text is accepted", async () => {
    const headers = {"x-swimlane": "gold", baggage: "swimlane=gold,a=1", traceparent: TRACE};
    const {"x-swimlane": context, baggage} = (await straightAt("vault", headers)).request.headers;
    expect([context, baggage]).toEqual(plainText === "accept" ? ["gold", "swimlane=gold,a=1"] : [undefined, "a=1"]);
  });

  test("a plain-text client at an entry service is decided there, unless it counts as a peer of the mesh", async () => {
    const vault = async (headers: Record<string, string>): Promise<string | undefined> =>
      (await straightAt("desk", headers)).calls.find(({service}) => service === "vault")?.workload;
    expect(await vault({cookie: "shop=gold"})).toBe(plainText === "refuse" ? "vault--gold" : "vault");
    expect(await vault({"x-swimlane": "gold"})).toBe(plainText === "refuse" ? "vault" : "vault--gold");
    expect(await vault({})).toBe("vault");
  });
});
