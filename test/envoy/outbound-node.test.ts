import {describe, expect, test} from "vitest";
import {ask} from "./rig/client.ts";
import {context, type Header, lane, traceparent} from "./rig/headers.ts";
import {NEW, OLD} from "./rig/mesh.ts";
import {outboundOf, type Plugins, withId, withLabels, withOutbounds} from "./rig/node.ts";
import {onEnvoy} from "./rig/suite.ts";

const LABELS = {
  app: "front",
  version: "v2",
  "meshlane.dev/lane": "red",
  "example.com/lane": "RED",
  number: 1,
  no: null,
};

const PLUGINS: Plugins = {
  own: {version: 1},
  given: {version: 1, lane: "blue"},
  first: {
    version: 1,
    pods: {
      lanes: [
        {lane: "red", labels: {app: "front", version: "v1"}},
        {lane: "blue", labels: {app: "front", version: "v2"}},
        {lane: "red", labels: {version: "v2"}},
      ],
    },
  },
  none: {version: 1, pods: {lanes: [{lane: "blue", labels: {gone: ""}}], fallbacks: ["red"]}},
  absent: {version: 1, pods: {label: "gone"}},
  malformed: {version: 1, pods: {label: "example.com/lane"}},
  number: {version: 1, pods: {label: "number"}},
  null: {version: 1, pods: {label: "no"}},
};

onEnvoy(
  [NEW, OLD],
  {
    proxies: ["front"],
    bootstrap: (_proxy, bootstrap, mesh) => withOutbounds(withLabels(bootstrap, LABELS), mesh, PLUGINS),
  },
  (mesh) => {
    const call = async (name: string, ...headers: Header[]) => {
      const got = await ask(outboundOf(mesh(), PLUGINS, name), {headers});
      return [got.app, context(got.headers).lane];
    };

    describe("the pod's own lane", () => {
      test.each([
        ["own", "red"],
        ["given", "blue"],
        ["first", "blue"],
      ])("is found by its labels: %s", async (name, expected) => {
        expect(await call(name)).toEqual([`back--${expected}`, [expected]]);
      });

      test.each(["none", "absent", "malformed", "number", "null"])("is none: %s", async (name) => {
        expect(await call(name)).toEqual(["back", []]);
      });

      test("comes after every carrier of the request", async () => {
        const id = traceparent();
        await ask(mesh().inbound("front"), {headers: [lane("blue"), id]});
        expect(await call("own", id)).toEqual(["back--blue", ["blue"]]);
      });
    });
  },
);

const GATEWAY: Plugins = {automatic: {version: 1}, forced: {version: 1, gateway: false}};

onEnvoy(
  [NEW, OLD],
  {
    proxies: ["front"],
    bootstrap: (proxy, bootstrap, mesh) =>
      withOutbounds(
        withId(proxy, withLabels(bootstrap, LABELS), mesh, "router~10.0.0.1~front-1.test~test.svc"),
        mesh,
        GATEWAY,
      ),
  },
  (mesh) => {
    test("a proxy whose node is called router reads neither table nor labels, unless it is told to", async () => {
      const id = traceparent();
      await ask(mesh().inbound("front"), {headers: [lane("blue"), id]});
      const call = async (name: string, ...headers: Header[]) =>
        (await ask(outboundOf(mesh(), GATEWAY, name), {headers})).app;
      expect(await call("automatic", id)).toBe("back");
      expect(await call("automatic")).toBe("back");
      expect(await call("automatic", lane("blue"))).toBe("back--blue");
      expect(await call("forced", id)).toBe("back--blue");
      expect(await call("forced")).toBe("back--red");
    });
  },
);
