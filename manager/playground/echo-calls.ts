import {Agent, type IncomingMessage, request} from "node:http";
import {text} from "node:stream/consumers";
import {type EchoAnswer, type EchoCall, parseHop} from "./echo-answer.ts";
import type {Callee} from "./echo-settings.ts";

const agent = new Agent({keepAlive: true});
const PATIENCE_MS = 10_000;

/** Calls one callee with these headers and no others of the caller's. Never rejects: a failure is part of the answer. */
export async function call(callee: Callee, headers: Record<string, string>): Promise<EchoCall> {
  try {
    const response = await get(callee.url, headers);
    const hop = parseHop(response.headers["x-swimlane-hop"]?.toString());
    const answer = echoAnswer(await text(response));
    return {...answer, service: callee.service, hop, status: response.statusCode!};
  } catch (error) {
    return {service: callee.service, hop: parseHop(undefined), status: 0, error: (error as Error).message};
  }
}

/** Whether a call counts as failed for its caller. */
export function failed(answer: EchoCall): boolean {
  return answer.status === 0 || answer.status >= 400;
}

function get(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {agent, headers, signal: AbortSignal.timeout(PATIENCE_MS)}, resolve);
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Empty for the answer of a program that is no echo program. */
function echoAnswer(body: string): Partial<EchoAnswer> {
  try {
    const parsed = JSON.parse(body) as Partial<EchoAnswer> | null;
    return typeof parsed?.workload === "string" && Array.isArray(parsed.calls) ? parsed : {};
  } catch {
    return {};
  }
}
