import type {Api} from "../cluster/api.ts";
import {supportsNative} from "./check/native.ts";
import {askProxies} from "./check/proxies.ts";

/** Whether the proxies that run now can route natively; undefined where none can be asked. */
export async function seenNative(api: Api): Promise<boolean | undefined> {
  const pods = await api.list({apiVersion: "v1", kind: "Pod"});
  return supportsNative((await askProxies(api, pods)).proxies);
}
