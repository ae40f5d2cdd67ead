import {flatten, type Hop, send} from "../../../../manager/playground/path.ts";

export interface Ask {
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Visit {
  readonly status: number;
  readonly path: readonly Hop[];
  /** The workload that answered for a service; undefined where the request did not come. */
  at(service: string): string | undefined;
}

/** Sends one request to the edge on that port and reads the way that it took. */
export async function visit(port: number, entry: string, {host = "127.0.0.1", headers = {}}: Ask = {}): Promise<Visit> {
  const request = {name: "test", method: "GET", url: `http://${host}:${port}/`, headers} as const;
  const {tree, status} = await send(request, entry);
  const path = flatten(tree);
  return {status, path, at: (service) => path.find((hop) => hop.service === service)?.workload};
}

export const inLane = (lane: string): Ask => ({headers: {"x-swimlane": lane}});
export const asUser = (uid: string): Ask => ({headers: {cookie: `uid=${uid}`}});

/** `SERVICE WORKLOAD LANE CARRIER` of each hop. */
export const hops = ({path}: Visit): string[] =>
  path.map(({service, workload, lane, carrier}) => `${service} ${workload} ${lane} ${carrier}`);
