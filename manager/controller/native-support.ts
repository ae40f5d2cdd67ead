import type {Api} from "../cluster/api.ts";
import {supportsNative} from "./check/native.ts";
import {askProxies} from "./check/proxies.ts";

/** Whether the proxies that run now can route natively. Where none can be asked: no, as routes work with every Istio. */
export async function seenNative(api: Api): Promise<boolean> {
  const pods = await api.list({apiVersion: "v1", kind: "Pod"});
  return supportsNative(await askProxies(api, pods)) ?? false;
}
