import {createServer, type IncomingMessage, type Server} from "node:http";
import type {AddressInfo} from "node:net";
import {mkdtemp, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {text} from "node:stream/consumers";
import {onTestFinished} from "vitest";
import {connect, type Connection} from "../../../manager/cluster/connect.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** The kinds that the fake knows, in the form of `/apis`. */
const groups = {
  items: [
    {
      metadata: {name: "meshlane.dev"},
      versions: [
        {
          version: "v1alpha1",
          resources: [
            {resource: "swimlanes", responseKind: {kind: "SwimLane"}, scope: "Namespaced", verbs: ["list", "get"]},
          ],
        },
      ],
    },
  ],
};

/** What an API server would say, by a function of the test; discovery is answered here. */
export class FakeApi {
  readonly asked: Asked[] = [];
  readonly discoveries: Asked[] = [];
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  /** @param kinds what the fake knows, in the form of `/apis` */
  static async start(answer: (asked: Asked) => Answer | "hang up", kinds: object = groups): Promise<FakeApi> {
    const server: Server = createServer((request, response) => {
      void (async () => {
        const {pathname, searchParams} = new URL(request.url ?? "/", "http://fake");
        const sent = await text(request);
        const asked: Asked = {
          method: request.method ?? "",
          path: pathname,
          query: searchParams,
          headers: request.headers,
          body: sent === "" ? undefined : JSON.parse(sent),
        };
        const isDiscovery = pathname === "/api" || pathname === "/apis";
        (isDiscovery ? fake.discoveries : fake.asked).push(asked);
        const said = isDiscovery ? {body: pathname === "/apis" ? kinds : {items: []}} : answer(asked);
        if (said === "hang up") return response.destroy();
        response.writeHead(said.status ?? 200, {"content-type": "application/json", ...said.headers});
        return response.end(JSON.stringify(said.body ?? {}));
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => server.closeAllConnections());
    onTestFinished(() => void server.close());
    const fake = new FakeApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return fake;
  }

  async connect(): Promise<Connection> {
    return connect({kubeconfig: await kubeconfigFile(kubeconfigOf(this.url)), env: {}});
  }
}

export function kubeconfigOf(server: string, token = "the-secret-token"): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    clusters: [{name: "c", cluster: {server, "insecure-skip-tls-verify": true}}],
    users: [{name: "u", user: {token}}],
    contexts: [{name: "main", context: {cluster: "c", user: "u", namespace: "shop"}}],
  };
}

/** Writes it into a folder of its own that goes when the test ends. @returns its path */
export async function kubeconfigFile(content: object | string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "meshlane-kubeconfig-"));
  onTestFinished(() => rm(folder, {recursive: true}));
  const file = join(folder, "config");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content), {mode: 0o600});
  return file;
}
