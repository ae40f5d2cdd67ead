import {once} from "node:events";
import {createServer, type IncomingMessage, type ServerResponse} from "node:http";
import type {AddressInfo} from "node:net";
import {digestOf} from "../../../manager/image/artifact.ts";

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

  #answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const {pathname, searchParams} = new URL(request.url!, "http://registry");
    const [, repository = "", kind = "", reference = ""] = routes.exec(pathname) ?? [];
    const key = `${repository} ${reference}`;
    if (pathname === "/v2/") response.end();
    else if (request.method === "POST") {
      response.writeHead(202, {location: `/v2/${repository}/blobs/uploads/1?state=a%2Fb`}).end();
    } else if (request.method === "PUT" && kind === "blobs") this.#putBlob(response, repository, searchParams, body);
    else if (request.method === "PUT") {
      const kept = {type: request.headers["content-type"] ?? "", bytes: body};
      for (const name of [reference, digestOf(body)]) this.manifests.set(`${repository} ${name}`, kept);
      response.writeHead(201).end();
    } else if (kind === "tags") this.#listTags(response, repository);
    else if (kind === "manifests") get(request, response, this.manifests.get(key));
    else get(request, response, this.blobs.has(key) ? {type: "", bytes: this.blobs.get(key)!} : undefined);
  }

  #putBlob(response: ServerResponse, repository: string, query: URLSearchParams, body: Buffer): void {
    const digest = digestOf(body);
    const right = query.get("digest") === digest && query.get("state") === "a/b";
    if (right) this.blobs.set(`${repository} ${digest}`, body);
    response.writeHead(right ? 201 : 400).end();
  }

  #listTags(response: ServerResponse, repository: string): void {
    const keys = [...this.manifests.keys()].map((key) => key.split(" "));
    const tags = keys.filter(([name, tag]) => name === repository && !tag!.includes(":")).map(([, tag]) => tag);
    response.writeHead(tags.length === 0 ? 404 : 200).end(JSON.stringify({name: repository, tags}));
  }
}

const routes = /^\/v2\/(.+)\/(blobs|manifests|tags)\/(.*)$/;

function get(
  {method}: IncomingMessage,
  response: ServerResponse,
  kept: {type: string; bytes: Buffer} | undefined,
): void {
  if (kept === undefined) {
    response.writeHead(404).end('{"errors":[{"code":"NAME_UNKNOWN","message":"no\\u001bsuch"}]}');
  } else response.writeHead(200, {"content-type": kept.type}).end(method === "HEAD" ? undefined : kept.bytes);
}
