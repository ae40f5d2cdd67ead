import http from "node:http";
import https from "node:https";
import {setTimeout as sleep} from "node:timers/promises";
import {createSecureContext, type SecureContext, type SecureContextOptions} from "node:tls";
import {type Asked, ClusterError, failureOf, type Place, unreachable} from "./failure.ts";
import type {Kubeconfig} from "./kubeconfig.ts";

export interface Call {
  readonly asked: Asked;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: number | undefined;
}

interface Credentials {
  readonly headers: http.OutgoingHttpHeaders;
  readonly agent: http.Agent;
  readonly until: number;
}

const timeoutMs = 30_000;
const tries = 4;
/** At once: what more of them win is less than it takes to open them. */
const connections = 4;
/** Tokens of credential plugins are renewed by themselves, so they are not kept for long. */
const credentialsMs = 60_000;

/** HTTP to the API server: credentials, bounded time, and tries again where nothing can have been done twice. */
export class Transport {
  readonly config: Kubeconfig;
  readonly place: Place;
  #credentials: Credentials | undefined;

  constructor(config: Kubeconfig, place: Place) {
    this.config = config;
    this.place = place;
  }

  /**
   * @returns the body of the answer
   * @throws ClusterError for every answer that is no success, and where there is none
   */
  async send(call: Call): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt === tries;
      const outcome = await this.#once(call).catch((error: unknown) => error as Error);
      if (outcome instanceof Error) {
        if (outcome instanceof ClusterError || last || !mayTryAgain(call, outcome)) throw this.#failure(outcome);
      } else if (outcome.status < 300) {
        return outcome.body;
      } else if (last || !isPassing(call, outcome.status)) {
        throw failureOf(outcome.status, outcome.body, call.asked, this.place);
      }
      const asked = outcome instanceof Error ? undefined : outcome.retryAfter;
      await sleep(Math.min(asked ?? 0.1 * 2 ** attempt * (1 + Math.random()), 5) * 1000);
    }
  }

  /** Ends the connections that are kept open. */
  close(): void {
    this.#credentials?.agent.destroy();
    this.#credentials = undefined;
  }

  async #once(call: Call): Promise<Answer> {
    const {headers, agent} = await this.#authenticate();
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const url = new URL(call.path, withSlash(this.config.getCurrentCluster()!.server));
    const {request} = url.protocol === "http:" ? http : https;
    return new Promise((resolve, reject) => {
      const sent = request(url, {
        method: call.method,
        agent,
        timeout: timeoutMs,
        headers: {
          ...headers,
          accept: call.accept ?? "application/json",
          ...(body === undefined ? {} : bodyHeaders(body, call)),
        },
      });
      sent.on("response", (response) => void read(response).then(resolve, reject));
      sent.on("timeout", () => sent.destroy(Object.assign(new Error("no answer in time"), {code: "ETIMEDOUT"})));
      sent.on("error", reject);
      sent.end(body);
    });
  }

  async #authenticate(): Promise<Credentials> {
    if (this.#credentials !== undefined && Date.now() < this.#credentials.until) return this.#credentials;
    const options: https.RequestOptions = {};
    try {
      await this.config.applyToHTTPSOptions(options);
    } catch (error) {
      throw this.#noCredentials(error);
    }
    const agent = options.agent as https.Agent & {keepAlive?: boolean};
    agent.keepAlive = true;
    agent.maxSockets = connections;
    if (agent instanceof https.Agent) agent.options.secureContext = secureContextOf(agent.options);
    const basic = options.auth;
    const headers = {
      ...(options.headers as http.OutgoingHttpHeaders | undefined),
      ...(typeof basic === "string" ? {authorization: `Basic ${Buffer.from(basic).toString("base64")}`} : {}),
    };
    this.#credentials?.agent.destroy();
    this.#credentials = {headers, agent, until: Date.now() + credentialsMs};
    return this.#credentials;
  }

  /** What a credential plugin prints may be secret. */
  #noCredentials(error: unknown): ClusterError {
    const command = this.config.getCurrentUser()?.exec as {command?: string} | undefined;
    const {code, message} = error as {code?: string; message?: string};
    const cause =
      command?.command === undefined
        ? `${code ?? message}`
        : `the command ${command.command}, which gives credentials, failed: run it by hand to see why`;
    return new ClusterError("Unauthorized", `no credentials for ${this.place.server} (${this.place.from}): ${cause}`);
  }

  #failure(error: Error): ClusterError {
    return error instanceof ClusterError ? error : unreachable(error, this.place);
  }
}

/** One for all connections, as it takes longer to make than a request. What is no certificate is told by the request. */
function secureContextOf(options: SecureContextOptions): SecureContext | undefined {
  try {
    return createSecureContext(options);
  } catch {
    return undefined;
  }
}

const notYetSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** A question may be asked again; of a change only where it cannot have reached the server. */
function mayTryAgain({method}: Call, error: Error): boolean {
  const {code} = error as NodeJS.ErrnoException;
  if (code === undefined) return false;
  return notYetSent.has(code) || (method === "GET" && (code === "ECONNRESET" || code === "EPIPE"));
}

/** The server is too busy, which it says before it does anything, or a question was not answered. */
function isPassing({method}: Call, status: number): boolean {
  return status === 429 || (method === "GET" && (status === 502 || status === 503 || status === 504));
}

async function read(response: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const retryAfter = Number(response.headers["retry-after"]);
  return {
    status: response.statusCode ?? 0,
    body: parsed(text),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
  };
}

/** Without its length the body of a DELETE is none to the server, and with it no precondition. */
function bodyHeaders(body: string, {contentType}: Call): http.OutgoingHttpHeaders {
  return {"content-type": contentType ?? "application/json", "content-length": Buffer.byteLength(body)};
}

/** A text that is no JSON is what a proxy in between says. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {message: text.slice(0, 200)};
  }
}

function withSlash(server: string): string {
  return server.endsWith("/") ? server : `${server}/`;
}
