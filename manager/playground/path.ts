import {Agent, type IncomingMessage, request as httpRequest} from "node:http";
import {text} from "node:stream/consumers";

import {type EchoCall, parseAnswer, parseHop} from "./echo/answer.ts";
import type {SampleRequest} from "./sample-requests.ts";

/** One service on the way of a request, in the order of the calls. */
export interface Hop {
  readonly service: string;
  readonly lane: string;
  /** The workload that answered; empty when none did. */
  readonly workload: string;
  /** How the caller's outbound side found the lane: `header`, `baggage`, `trace`, `pod` or `none`. */
  readonly carrier: string;
}

/** A hop with the calls that it made. */
export interface HopTree extends Hop {
  readonly calls: readonly HopTree[];
}

export interface Answer {
  readonly request: SampleRequest;
  readonly tree: HopTree;
  /** 0 when there was no answer. */
  readonly status: number;
  /** Why there was none. */
  readonly error?: string;
}

const agent = new Agent({keepAlive: true, maxSockets: 16});
const PATIENCE_MS = 15_000;

/**
 * Sends a request to the edge and reads the way that it took from the hops that the echo programs report.
 * @param entry the service that the edge calls
 */
export async function send(request: SampleRequest, entry: string): Promise<Answer> {
  try {
    const response = await get(request);
    const body = parseAnswer(await text(response));
    const hop = parseHop(header(response, "x-swimlane-hop"));
    const workload = header(response, "x-swimlane-workload") ?? body.workload ?? "";
    const status = response.statusCode ?? 0;
    return {request, tree: hopTree({...body, service: entry, hop, workload, status}), status};
  } catch (error) {
    const tree = {service: entry, lane: "baseline", workload: "", carrier: "none", calls: []};
    return {request, tree, status: 0, error: (error as Error).message};
  }
}

/** The tree as a list, callers before their callees. */
export function flatten({calls, ...hop}: HopTree): Hop[] {
  return [hop, ...calls.flatMap(flatten)];
}

/** The services behind which a request lost its lane, because they forward nothing by which it could be found. */
export function lostAt({service, lane, calls}: HopTree): string[] {
  const here = lane !== "baseline" && calls.some((call) => call.lane === "baseline" && call.workload !== "");
  return [...new Set([...(here ? [service] : []), ...calls.flatMap(lostAt)])];
}

function hopTree({service, hop, workload = "", calls = []}: EchoCall): HopTree {
  return {service, lane: hop.lane, workload, carrier: hop.carrier, calls: calls.map(hopTree)};
}

/** To the edge on loopback, whatever the host's name is. */
function get({url, method, headers}: SampleRequest): Promise<IncomingMessage> {
  const {host, port, pathname, search} = new URL(url);
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const options = {
      agent,
      signal,
      host: "127.0.0.1",
      port,
      path: pathname + search,
      method,
      headers: {host, ...headers},
    };
    httpRequest(options, resolve).once("error", reject).end();
  });
}

function header({headers}: IncomingMessage, name: string): string | undefined {
  return headers[name]?.toString();
}
