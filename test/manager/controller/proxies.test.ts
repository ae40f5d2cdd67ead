import {expect, test, vi} from "vitest";
import type {Proxy} from "../../../manager/cluster/istiod.ts";
import type {Api} from "../../../manager/cluster/api.ts";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";

const written: KubernetesObject = {
  apiVersion: "networking.istio.io/v1",
  kind: "VirtualService",
  metadata: {namespace: "shop", name: "x", resourceVersion: "7", uid: "1"},
};
const asked = vi.hoisted(() => ({restless: false, nonce: 0}));

// How istiod behaves in time is what is tested here; the real one is asked by the tests of the mesh.
vi.mock("../../../manager/cluster/istiod.ts", () => {
  class Istiods {
    debounceMs = 100;
    static find() {
      return Promise.resolve(new Istiods());
    }
    proxies() {
      const nonce = `n${asked.restless ? asked.nonce++ : 0}`;
      const resources = {
        "type.googleapis.com/envoy.config.route.v3.RouteConfiguration": {sent: nonce, acked: nonce, error: ""},
      };
      const proxies: Proxy[] = [{id: "a.shop", istiod: "i", namespace: "shop", resources}];
      return Promise.resolve(proxies);
    }
    objects() {
      return Promise.resolve([[written]]);
    }
  }
  return {Istiods};
});
const {ProxyWatch} = await import("../../../manager/controller/proxies.ts");

async function taken(restless: boolean): Promise<void> {
  asked.restless = restless;
  const options = {istioNamespace: "istio-system", settleMs: 0, timeoutMs: 50, progress: () => {}};
  const watch = await ProxyWatch.open({} as Api, options);
  await watch.taken([{put: written}]);
}

test("who is late to wait still sees whether istiod pauses", async () => {
  await expect(taken(false)).resolves.toBeUndefined();
});

test("an istiod that never pauses is no proof that the proxies have it", async () => {
  await expect(taken(true)).rejects.toThrow("istiod never paused in the time that there was");
});
