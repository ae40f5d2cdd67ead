import {expect, test} from "vitest";
import {getFromPod} from "../../../manager/cluster/port-forward.ts";
import {FakeApi} from "./fake-api.ts";

const istiod = {namespace: "istio-system", pod: "istiod-1", port: 15014};

test("without the right to forward ports, that is the reason, in the words of other rights", async () => {
  const message = 'pods "istiod-1" is forbidden: User "ann" cannot create resource "pods/portforward"';
  const fake = await FakeApi.start(() => ({status: 403, body: {kind: "Status", message, reason: "Forbidden"}}));
  const {api} = await fake.connect();
  await expect(getFromPod(api, istiod, "/version")).rejects.toMatchObject({
    reason: "Forbidden",
    message:
      'you may not create pods/portforward in namespace istio-system. Ask for the right: verb create, resource pods/portforward, API group "", in namespace istio-system',
  });
});

test("another answer than a connection to the pod is said by its status", async () => {
  const fake = await FakeApi.start(() => ({status: 500}));
  const {api} = await fake.connect();
  await expect(getFromPod(api, istiod, "/version")).rejects.toThrow(
    "cannot create pods/portforward istio-system/istiod-1: the API server answers 500",
  );
});
