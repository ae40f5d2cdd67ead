import {createHash} from "node:crypto";
import {once} from "node:events";
import {createServer, type IncomingMessage, type ServerResponse} from "node:http";
import type {AddressInfo} from "node:net";

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

/**
 * As much of a registry as the client talks to, in this process and in memory. `before` sees each request first, and may
 * answer it itself (true): refuse, fail, or ask for a token.
 */
export class StandIn {
  readonly requests: string[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, {type: string; bytes: Buffer}>();
  before: Answer = () => false;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<StandIn> {
    const standIn = new StandIn();
    await once(standIn.#server.listen(0, "127.0.0.1"), "listening");
    return standIn;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.requests.push(`${request.method} ${request.url}`);
    if (!this.before(request, response, body)) this.#answer(request, response, body);
  }

  #answer({method, url = "", headers}: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const {pathname, searchParams} = new URL(url, "http://registry");
    const [, repository = "", kind, reference = ""] = /^\/v2\/(.+)\/(blobs|manifests|tags)\/(.*)$/.exec(pathname) ?? [];
    const end = (status: number, fields: Record<string, string> = {}, bytes?: Buffer | string) =>
      void response.writeHead(status, fields).end(bytes);
    if (method === "POST") return end(202, {location: `/v2/${repository}/blobs/uploads/1?state=a%2Fb`});
    if (method === "PUT" && kind === "blobs") {
      const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
      if (searchParams.get("digest") !== digest || searchParams.get("state") !== "a/b") return end(400);
      this.blobs.set(`${repository} ${digest}`, body);
      return end(201);
    }
    if (method === "PUT") {
      const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
      const kept = {type: headers["content-type"] ?? "", bytes: body};
      for (const name of [reference, digest]) this.manifests.set(`${repository} ${name}`, kept);
      return end(201);
    }
    if (kind === "tags") {
      const tags = [...this.manifests.keys()]
        .filter((key) => key.startsWith(`${repository} `) && !key.includes("sha256:"))
        .map((key) => key.split(" ")[1]);
      return tags.length === 0 ? end(404) : end(200, {}, JSON.stringify({name: repository, tags}));
    }
    const blob = this.blobs.get(`${repository} ${reference}`);
    const manifest = this.manifests.get(`${repository} ${reference}`);
    if (kind === "blobs" && blob !== undefined) return end(200, {}, method === "HEAD" ? undefined : blob);
    if (kind === "manifests" && manifest !== undefined) {
      return end(200, {"content-type": manifest.type}, method === "HEAD" ? undefined : manifest.bytes);
    }
    return pathname === "/v2/"
      ? end(200)
      : end(404, {}, '{"errors":[{"code":"NAME_UNKNOWN","message":"no\\u001bsuch"}]}');
  }
}
