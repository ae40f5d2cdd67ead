import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import type {Playground} from "../../../manager/model/playground.ts";
import {applyLanes, type Mesh, type Request, shopObjects, type ShopOptions, type ShopReply} from "../client/index.ts";
import {until} from "../until.ts";

/** What changes in the cluster is seen by proxies a moment later. */
export const SOON = {ms: 60_000, everyMs: 200};

/**
 * A shop with its groups. The filter is there before the pods are: a listener that gets its filter later lets the connections
 * that are open go on without it.
 */
export async function laneShop(
  mesh: Mesh,
  namespace: string,
  {playground, groups, ...options}: ShopOptions & {playground: Playground; groups: readonly KubernetesObject[]},
): Promise<void> {
  const objects = shopObjects(namespace, playground, options);
  await mesh.namespace(namespace);
  await mesh.apply(...objects.filter(({kind}) => kind !== "Deployment"));
  if (groups.length > 0) await applyLanes(mesh, ...groups);
  await mesh.apply(...objects);
  await mesh.ready(namespace);
}

/** Resolves to the last reply when this many requests in a row went this way. */
export async function untilPath(
  ask: () => Promise<ShopReply>,
  path: string,
  {inARow = 6}: {inARow?: number} = {},
): Promise<ShopReply> {
  let said = "";
  const steady = async (): Promise<ShopReply | undefined> => {
    for (let sent = 1; ; sent++) {
      const reply = await ask();
      said = reply.path;
      if (said !== path) return undefined;
      if (sent === inARow) return reply;
    }
  };
  return until(steady, {what: `requests go ${path}`, ...SOON}).catch((error: Error) => {
    throw new Error(`${error.message}; the last went ${said}`);
  });
}

/** A request with a trace id of its own, as a client with tracing sends it. */
export function traced(request: Request = {}): Request {
  const hex = (digits: number): string =>
    Array.from({length: digits}, () => Math.floor(Math.random() * 16).toString(16)).join("");
  return {...request, headers: {traceparent: `00-${hex(32)}-${hex(16)}-00`, ...request.headers}};
}
