import {isIPv4} from "node:net";

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

export const patience: Patience = {timeoutMs: 60_000, attempts: 5, firstWaitMs: 500, longestWaitMs: 30_000};

const plainHttpCodes = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "EPROTO"]);
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
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for other names than this one",
};

/** @throws Error with the `code` of what failed; the message says it in words */
export async function send({url, ...request}: Request, {timeoutMs}: Patience): Promise<Response> {
  try {
    return await fetch(url, {...request, signal: AbortSignal.timeout(timeoutMs)} as RequestInit);
  } catch (error) {
    throw unreachable(url, error as Error, timeoutMs);
  }
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
    await answer?.body?.cancel();
    await wait(Math.min(asked ?? rules.firstWaitMs * 2 ** (attempt - 1), rules.longestWaitMs));
  }
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
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
  const reason = reasonOf(error, code, timeoutMs) ?? cause?.message ?? error.message;
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
