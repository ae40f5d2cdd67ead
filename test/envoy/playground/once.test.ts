import {createServer, type IncomingMessage, request, type Server} from "node:http";
import type {AddressInfo} from "node:net";
import {json} from "node:stream/consumers";
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {freePorts} from "../../../manager/playground/free-ports.ts";
import {type Output, PlaygroundProcess} from "./rig/cli.ts";

interface Shown {
  request: {name: string; method: string; url: string; headers: Record<string, string>};
  path: {service: string; lane: string; workload: string; carrier: string}[];
  status: number;
}

const hops = ({path}: Shown): string[] => path.map((hop) => Object.values(hop).join(" "));
const at = ({path}: Shown, service: string): string | undefined =>
  path.find((hop) => hop.service === service)?.workload;

async function runOnce(process: PlaygroundProcess, args: string[]): Promise<Output & {shown: Shown[]}> {
  await process.start(["--once", "-o", "json", ...args]);
  const output = await process.output;
  expect(output).toMatchObject({code: 0});
  return {...output, shown: JSON.parse(output.stdout) as Shown[]};
}

const named = (shown: Shown[], name: string): Shown => shown.find(({request}) => request.name === name)!;

describe("the sample shop, --once -o json --uids", () => {
  const process = PlaygroundProcess.sample();
  const USERS = 300;
  let output: Output & {shown: Shown[]};
  beforeAll(async () => {
    output = await runOnce(process, ["-f", "shop.yaml", "-f", "playground.yaml", "--uids", String(USERS)]);
  });
  afterAll(() => process.remove());

  test("prints one document of requests, their paths and status", () => {
    expect(output.shown).toHaveLength(6 + USERS);
    for (const shown of output.shown) {
      expect(Object.keys(shown)).toEqual(["request", "path", "status"]);
      expect(Object.keys(shown.request)).toEqual(["name", "method", "url", "headers"]);
      expect(shown.status).toBe(200);
      for (const hop of shown.path) expect(Object.keys(hop)).toEqual(["service", "lane", "workload", "carrier"]);
    }
  });

  test("a request without a lane is the baseline's everywhere", () => {
    expect(hops(named(output.shown, "baseline"))).toEqual([
      "frontend baseline frontend none",
      "cart baseline cart-v1 none",
      "inventory baseline inventory none",
      "warehouse baseline warehouse none",
      "payment baseline payment-v1 none",
      "ledger baseline ledger none",
    ]);
  });

  test("ann reaches cart of ann, and the baseline elsewhere; header at the first hop, trace after it", () => {
    expect(hops(named(output.shown, "ann"))).toEqual([
      "frontend ann frontend header",
      "cart ann cart--ann trace",
      "inventory ann inventory trace",
      "warehouse baseline warehouse none",
      "payment ann payment-v1 trace",
      "ledger ann ledger trace",
    ]);
  });

  test("bob reaches payment of bob and, by his fallback, ledger of team-a", () => {
    expect(hops(named(output.shown, "bob"))).toEqual([
      "frontend bob frontend header",
      "cart bob cart-v1 trace",
      "inventory bob inventory trace",
      "warehouse baseline warehouse none",
      "payment bob payment--bob trace",
      "ledger bob ledger--team-a trace",
    ]);
  });

  test("eve is lost at inventory, which forwards nothing", () => {
    const eve = hops(named(output.shown, "eve"));
    expect(eve).toContain("inventory eve inventory trace");
    expect(eve).toContain("warehouse baseline warehouse none");
  });

  test("a user of next is in both cart and payment of next or in neither", () => {
    const users = output.shown.filter(({request}) => /^u\d+$/.test(request.name));
    expect(users).toHaveLength(USERS);
    for (const user of users) {
      const next = user.path[0]!.lane === "next";
      expect([at(user, "cart"), at(user, "payment")]).toEqual(
        next ? ["cart-v2", "payment-v2"] : ["cart-v1", "payment-v1"],
      );
    }
  });

  test("20 % of the users are in next, as the lock file beside the first lane file says", () => {
    const next = output.shown.filter(({request, path}) => /^u\d+$/.test(request.name) && path[0]!.lane === "next");
    expect(Math.abs(next.length / USERS - 0.2)).toBeLessThan(0.07);
    expect(JSON.parse(process.read("meshlane.lock"))).toEqual({version: 1, groups: {"shop/shop": {next: [[0, 2000]]}}});
  });

  test("nothing is left when it has ended", async () => {
    expect(await process.gone(20_000)).toEqual({processes: 0, folders: []});
  });
});

/** A program of the user's: calls `stock` through its fixed outbound port and answers as the echo programs do. */
function userProgram(stockPort: () => number): Promise<Server> {
  const call = (headers: Record<string, string>): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request({host: "127.0.0.1", port: stockPort(), headers}, resolve).on("error", reject).end();
    });
  const server = createServer((incoming, outgoing) => {
    const {traceparent = ""} = incoming.headers;
    const answer = async (): Promise<void> => {
      const response = await call({traceparent: String(traceparent)});
      const [lane, carrier] = String(response.headers["x-swimlane-hop"] ?? "baseline;none").split(";");
      const called = {...((await json(response)) as object), service: "stock", hop: {lane, carrier}};
      outgoing.end(JSON.stringify({service: "till", workload: "mine", calls: [{...called, status: 200}]}));
    };
    answer().catch((error: unknown) => outgoing.writeHead(502).end(String(error)));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function kiosk(edge: number, till: number, stock: number): string {
  return `
apiVersion: meshlane.dev/v1alpha1
kind: SwimLaneGroup
metadata: {name: kiosk, namespace: street}
spec:
  services: [till, stock]
  entry: {gateways: [istio-ingress/public], lane: [{cookie: lane, from: [127.0.0.0/8]}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: blue, namespace: street}
spec: {services: [{name: stock, to: stock--blue}]}
---
apiVersion: meshlane.dev/v1alpha1
kind: Playground
metadata: {name: kiosk, namespace: street}
spec:
  edge: {port: ${edge}}
  services:
    - name: till
      calls: [{service: stock, port: ${stock}}]
      workloads: [{name: till-of-mine, address: "127.0.0.1:${till}"}]
    - {name: stock}
    - {name: stock--blue}
`;
}

describe("another shop, with a process of the user's", () => {
  const process = new PlaygroundProcess();
  let server: Server;
  beforeAll(async () => {
    const [edge = 0, stock = 0] = await freePorts(2);
    server = await userProgram(() => stock);
    process.write("kiosk.yaml", kiosk(edge, (server.address() as AddressInfo).port, stock));
  });
  afterAll(async () => {
    await process.remove();
    server.close();
  });

  test("its lane is reached through the process, which forwards traceparent", async () => {
    const {shown} = await runOnce(process, ["-f", "kiosk.yaml"]);
    expect(shown.map(({request}) => request.name)).toEqual(["baseline", "blue"]);
    expect(hops(named(shown, "baseline"))).toEqual(["till baseline till-of-mine none", "stock baseline stock none"]);
    expect(hops(named(shown, "blue"))).toEqual(["till blue till-of-mine header", "stock blue stock--blue trace"]);
  });

  test("--without-filter, every path is the baseline's", async () => {
    const {shown} = await runOnce(process, ["-f", "kiosk.yaml", "--without-filter"]);
    expect(shown.map(({request}) => request.name)).toEqual(["baseline", "blue"]);
    for (const one of shown) {
      expect(one.status).toBe(200);
      expect(hops(one)).toEqual(["till baseline till-of-mine none", "stock baseline stock none"]);
    }
  });
});
