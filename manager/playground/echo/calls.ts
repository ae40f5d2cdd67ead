import {Agent, type IncomingMessage, request} from "node:http";
import {text} from "node:stream/consumers";
import {type EchoCall, parseAnswer, parseHop} from "./answer.ts";
import type {Callee} from "./settings.ts";

const agent = new Agent({keepAlive: true});
const PATIENCE_MS = 10_000;

/** Calls one callee with these headers and no others of the caller's. Never rejects: a failure is part of the answer. */
export async function call(callee: Callee, headers: Record<string, string>): Promise<EchoCall> {
  try {
    const response = await get(callee.url, headers);
    const hop = parseHop(response.headers["x-swimlane-hop"]?.toString());
    const answer = parseAnswer(await text(response));
    const workload = response.headers["x-swimlane-workload"]?.toString();
    return {...answer, ...(workload ? {workload} : {}), service: callee.service, hop, status: response.statusCode!};
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
