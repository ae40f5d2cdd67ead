import {once} from "node:events";
import {createServer as createHttp1, type IncomingMessage, ServerResponse} from "node:http";
import {createServer as createHttp2, Http2ServerRequest, type Http2ServerResponse} from "node:http2";
import type {AddressInfo} from "node:net";
import type {EchoAnswer, EchoCall} from "./answer.ts";
import {call, failed} from "./calls.ts";
import type {EchoSettings} from "./settings.ts";
import {EitherHttp} from "./either-http.ts";
import {echoWebSocket} from "./websocket.ts";

export interface Echo {
  port: number;
  /** `GET /ready` answers 200 or 503 by turns. */
  toggleReady(): void;
  /** Takes no more connections, and ends those that are left after the grace. */
  stop(graceMs: number): Promise<void>;
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = (ServerResponse | Http2ServerResponse) & NodeJS.WritableStream;

const SHOWN = ["x-swimlane", "baggage", "traceparent", "x-request-id"];

/**
 * Serves HTTP/1.1, HTTP/2 with prior knowledge, WebSockets (frames come back) and gRPC (messages come back) on one
 * port. Anything else is answered by an `EchoAnswer` as JSON: 200, or 502 when a callee failed.
 */
export async function startEcho(settings: EchoSettings): Promise<Echo> {
  let ready = true;
  let stopping = false;
  const respond = (response: Response, status: number, body: unknown): void => {
    const text = `${JSON.stringify(body, null, 2)}\n`;
    response.statusCode = status;
    response.setHeader("content-type", "application/json");
    response.setHeader("content-length", Buffer.byteLength(text));
    if (stopping && response instanceof ServerResponse) response.setHeader("connection", "close");
    response.end(text);
  };
  const serve = (request: Request, response: Response): void => {
    request.on("error", () => response.end());
    if (isGrpc(request)) return echoGrpc(request, response as Http2ServerResponse);
    request.resume();
    if (request.url === "/ready") return respond(response, ready && !stopping ? 200 : 503, {});
    request.once("end", () => void answer(settings, request).then((made) => respond(response, ...made)));
  };
  // A sidecar keeps its connections: one that we closed while it sends would cost a request.
  const http1 = createHttp1({keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0}, serve);
  http1.on("upgrade", echoWebSocket);
  const either = new EitherHttp(http1, createHttp2(serve));
  await once(either.server.listen(settings.port, settings.host), "listening");
  return {
    port: (either.server.address() as AddressInfo).port,
    toggleReady: () => (ready = !ready),
    stop(graceMs) {
      stopping = true;
      return either.stop(graceMs);
    },
  };
}

async function answer(settings: EchoSettings, request: Request): Promise<[status: number, body: EchoAnswer]> {
  const {service, workload, forwards} = settings;
  const forwarded = pick(request, forwards);
  const calls: EchoCall[] = [];
  for (const callee of settings.calls) calls.push(await call(callee, forwarded));
  const headers = pick(request, [...new Set([...SHOWN, ...forwards])]);
  const received = {method: request.method!, path: request.url!, headers};
  return [calls.some(failed) ? 502 : 200, {service, workload, request: received, calls}];
}

/** The request's headers of these names; of a header that came more than once, the values joined by commas. */
function pick(request: Request, names: string[]): Record<string, string> {
  const held = names.flatMap((name): [string, string][] => {
    const value = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
    return value === undefined ? [] : [[name, value.toString()]];
  });
  return Object.fromEntries(held);
}

function isGrpc(request: Request): request is Http2ServerRequest {
  return request instanceof Http2ServerRequest && !!request.headers["content-type"]?.startsWith("application/grpc");
}

/** Sends each message of a gRPC stream back as it comes, with status 0 at its end. */
function echoGrpc(request: Http2ServerRequest, response: Http2ServerResponse): void {
  response.writeHead(200, {"content-type": "application/grpc"});
  response.addTrailers({"grpc-status": "0"});
  request.pipe(response);
}
