import {addressIn, type Leave} from "./address.ts";

export interface Request {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/** How patient the client is. Times in milliseconds. */
export interface Patience {
  /** For one request, its answer's body included. */
  readonly timeoutMs: number;
  /** Requests in all, the first one included. */
  readonly attempts: number;
  /** The wait before the second attempt, doubled each time. */
  readonly firstWaitMs: number;
  /** No wait is longer, whatever the server asks for. */
  readonly longestWaitMs: number;
}

/** How the client behaves. */
export interface Rules extends Patience, Leave {}

export const patience: Patience = {timeoutMs: 60_000, attempts: 5, firstWaitMs: 500, longestWaitMs: 30_000};

const plainHttpCodes = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "EPROTO"]);
/** More than any registry needs. */
const mostRedirects = 5;
const seeElsewhere = new Set([301, 302, 303]);
const lostCodes = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

const unknownAuthority =
  "nobody whom this machine trusts has signed its certificate: NODE_EXTRA_CA_CERTS=ca.pem names its authority";
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no host of this name",
  EAI_AGAIN: "its name cannot be looked up now",
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet: is this machine's clock right?",
  // What fetch says of ports that are other protocols', which have no code.
  "bad port": "HTTP clients ask no server on this port, which another protocol has: give the registry another",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for other names than this one",
};

/**
 * Follows where it is sent to; credentials stay with the server that they were meant for.
 * @throws Error with the `code` of what failed; the message says it in words
 */
export async function send(request: Request, rules: Rules): Promise<Response> {
  const signal = AbortSignal.timeout(rules.timeoutMs);
  let asked = request;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await ask(asked, signal, rules);
    const location = answer.headers.get("location");
    if (location === null || !isRedirect(asked, answer)) return answer;
    await discard(answer);
    asked = redirected(asked, addressIn(location, asked.url, rules));
  }
  throw new Error(
    `${request.url.host}: it sends from one address to the next, more than ${mostRedirects} times: its owner has to mend it`,
  );
}

/** The body of an answer that nobody reads. */
export async function discard({body}: Response): Promise<void> {
  // What was lost on the way is not missed.
  await body?.cancel().catch(() => {});
}

/** Whether the server answered in plain HTTP where TLS was spoken. */
export function spokePlainHttp(error: unknown): boolean {
  return plainHttpCodes.has(codeOf(error));
}

/** Does it again while the server is overloaded or fails; gives the last answer. */
export async function patiently(work: () => Promise<Response>, rules: Patience): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const answer = await tryOnce(work, attempt === rules.attempts);
    if (answer !== undefined && (attempt === rules.attempts || !passes(answer.status))) return answer;
    const asked = answer && retryAfterMs(answer);
    if (answer !== undefined) await discard(answer);
    await wait(Math.min(asked ?? rules.firstWaitMs * 2 ** (attempt - 1), rules.longestWaitMs));
  }
}

async function ask({url, ...request}: Request, signal: AbortSignal, {timeoutMs}: Patience): Promise<Response> {
  try {
    return await fetch(url, {...request, redirect: "manual", signal} as RequestInit);
  } catch (error) {
    throw unreachable(url, error as Error, timeoutMs);
  }
}

/** RFC 9110, section 15.4: 307 and 308 are for all methods, the others turn some of them into a GET. */
function isRedirect({method}: Request, {status}: Response): boolean {
  return status === 307 || status === 308 || ((method === "GET" || method === "HEAD") && seeElsewhere.has(status));
}

/** A body may be a secret as well as a header. */
function redirected(request: Request, url: URL): Request {
  if (url.origin === request.url.origin) return {...request, url};
  if (request.body !== undefined)
    throw new Error(`${request.url.host}: it sends what was meant for it to ${url.origin}: nothing goes there`);
  const {authorization: _, ...headers} = request.headers ?? {};
  return {...request, url, headers};
}

async function tryOnce(work: () => Promise<Response>, last: boolean): Promise<Response | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!last && lostCodes.has(codeOf(error))) return undefined;
    throw error;
  }
}

function passes(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfterMs({headers}: Response): number | undefined {
  const value = headers.get("retry-after");
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

function unreachable(url: URL, error: Error, timeoutMs: number): Error {
  const {cause} = error as {cause?: NodeJS.ErrnoException};
  const code = cause?.code ?? "";
  const reason = reasonOf(error, code || cause?.message || "", timeoutMs) ?? cause?.message ?? error.message;
  return Object.assign(new Error(`${url.host}: ${reason}`, {cause: error}), {code});
}

function codeOf(error: unknown): string {
  return (error as {code?: string}).code ?? "";
}

function reasonOf(error: Error, code: string, timeoutMs: number): string | undefined {
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1000} s`;
  if (plainHttpCodes.has(code)) return "it does not speak TLS. A registry of plain HTTP is used with --plain-http only";
  return reasons[code];
}
