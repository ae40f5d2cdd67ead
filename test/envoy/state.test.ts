import {once} from "node:events";
import type {ServerResponse} from "node:http";
import {describe, expect, test} from "vitest";
import {filterFile} from "../../manager/render/envoy/filters.ts";
import {outboundListener} from "../../manager/render/envoy/listeners.ts";
import {edgeConfig, type JsonObject, outboundConfig} from "../../manager/render/filter-config.ts";
import {ask, connectSession, open, openStream, send, type Target} from "./rig/client.ts";
import {context, lane, traceparent, values} from "./rig/headers.ts";
import {NEW, OLD, type TestMesh} from "./rig/mesh.ts";
import {edgeGroup, edgeLane, laneObjects} from "./rig/objects.ts";
import {onEnvoy} from "./rig/suite.ts";

const SETTINGS = {traceIds: ["traceparent"], plainText: false};
const RELOADS = 300;

/** Two more outbound listeners of workload `front`, each with a plugin of its own. */
const PLUGINS = ["one", "two"] as const;
type Plugin = (typeof PLUGINS)[number];

function withPlugins(proxy: string, bootstrap: JsonObject, mesh: TestMesh): JsonObject {
  if (proxy !== "front") return bootstrap;
  mesh.discovery.publish({...plugin("one", "red"), ...plugin("two", "blue")});
  const source = {manager: mesh.discovery.port};
  const listeners = PLUGINS.map((name) => {
    const address = {socket_address: {address: "127.0.0.1", port_value: target(mesh, name).port}};
    const filters = [{name: `meshlane.${name}`, file: `${name}.json`}];
    return outboundListener({name, address, filters, source}, "test/back", "routes/test@back.json");
  });
  const resources = bootstrap["static_resources"] as {listeners: JsonObject[]};
  return {...bootstrap, static_resources: {...resources, listeners: [...resources.listeners, ...listeners]}};
}

function target(mesh: TestMesh, name: Plugin): Target {
  return {port: mesh.sparePorts[PLUGINS.indexOf(name)]!};
}

/** The file of a plugin whose pod is of that lane. */
function plugin(name: Plugin, podLane: string, version?: number): Record<string, JsonObject> {
  const {module, configuration} = outboundConfig(SETTINGS, podLane);
  const changed = version === undefined ? configuration : {...configuration, version};
  return {[`proxies/front/${name}.json`]: filterFile(`meshlane.${name}`, {module, configuration: changed})};
}

onEnvoy([{...NEW, workers: 4}, OLD], {proxies: ["front"], bootstrap: withPlugins}, (mesh, {workers}) => {
  const laneOf = async (name: Plugin, ...headers: (readonly [string, string])[]): Promise<string | undefined> =>
    context((await ask(target(mesh(), name), {headers})).headers).lane[0];

  test("two plugins of one image share a VM and keep apart", async () => {
    // Of inbound and of outbound, each: one a worker, one of the main thread, and the one that these are copied from.
    expect(await mesh().stat("front", "wasm.envoy.wasm.runtime.v8.active")).toBe(2 * (workers + 2));
    const found = await Promise.all(
      Array.from({length: 60}, async (_, i) => [PLUGINS[i % 2]!, await laneOf(PLUGINS[i % 2]!)]),
    );
    expect(found).toEqual(Array.from({length: 60}, (_, i) => (i % 2 === 0 ? ["one", "red"] : ["two", "blue"])));
  });

  test("reconfigured while requests and a stream run, nothing is lost", async () => {
    mesh()
      .app("back--red")
      .handlers.set("/stream", (request, response) => {
        (response as ServerResponse).flushHeaders();
        request.pipe(response as ServerResponse);
      });
    await mesh().publish(plugin("one", "red"));
    const session = connectSession(await open(target(mesh(), "one")));
    const stream = openStream(session, {method: "POST", path: "/stream"});
    await once(stream, "response");
    const found: (string | undefined)[] = [];
    let running = true;
    const load = Promise.all(
      Array.from({length: 4}, async () => {
        while (running) found.push(await laneOf("one"));
      }),
    );
    for (let i = 0; i < 30; i++) {
      const now = i % 2 === 0 ? "blue" : "red";
      await mesh().publish(plugin("one", now));
      expect(await laneOf("one")).toBe(now);
      expect(await laneOf("two")).toBe("blue");
      stream.write(`${i}.`);
      expect(String((await once(stream, "data"))[0])).toBe(`${i}.`);
    }
    running = false;
    await load;
    expect(new Set(found)).toEqual(new Set(["red", "blue"]));
    stream.end();
    await once(stream.resume(), "end");
    session.destroy();
  });

  test("a reconfiguration forgets no trace id", async () => {
    const id = traceparent();
    await ask(mesh().inbound("front"), {headers: [lane("tess"), id]});
    await mesh().publish(plugin("one", "red"));
    expect(await laneOf("one", id)).toBe("tess");
  });

  test("a refused configuration leaves the old one, and one line says the field", async () => {
    await mesh().publish(plugin("one", "red"));
    mesh().log.length = 0;
    mesh().discovery.publish(plugin("one", "blue", 2));
    await expect.poll(() => mesh().log.filter((line) => line.includes("meshlane: "))).not.toEqual([]);
    await expect.poll(() => mesh().refused).toContain("front proxies/front/one.json");
    const after = await Promise.all(Array.from({length: 20}, () => laneOf("one")));
    expect(new Set(after)).toEqual(new Set(["red"]));
    expect(await laneOf("two")).toBe("blue");
    const complaints = mesh().log.filter((line) => line.includes("meshlane: "));
    expect(complaints).toEqual([expect.stringMatching(/meshlane: version: must be/)]);
    await mesh().publish(plugin("one", "blue"));
    expect(await laneOf("one")).toBe("blue");
  });

  test(`after ${RELOADS} reloads the last configuration alone has effect`, async () => {
    await mesh().publish(plugin("one", "first"));
    const before = await mesh().stat("front", "wasm.envoy.wasm.runtime.v8.active");
    for (let i = 0; i < RELOADS; i++) {
      await mesh().publish(plugin("one", `lane-${i}`));
      expect(await laneOf("one")).toBe(`lane-${i}`);
    }
    const last = await Promise.all(Array.from({length: 20}, () => laneOf("one")));
    expect(new Set(last)).toEqual(new Set([`lane-${RELOADS - 1}`]));
    expect(await laneOf("two")).toBe("blue");
    expect(await mesh().stat("front", "wasm.envoy.wasm.runtime.v8.active")).toBe(before);
  });
});

const objects = [
  ...laneObjects(),
  edgeGroup("issued", {hosts: ["issued.test"]}),
  edgeLane("all", "issued", {weight: 100}),
];

onEnvoy([NEW, OLD], {proxies: ["edge"], objects}, (mesh) => {
  /** The edge's configuration with another cookie to issue. */
  const issuing = (cookie: string): Record<string, JsonObject> => {
    const groups = mesh().plan.groups.map((group) => ({
      ...group,
      sticky: group.buckets.length > 0 ? [{issue: cookie}] : [],
    }));
    return {"proxies/edge/edge.json": filterFile("meshlane.edge", edgeConfig(SETTINGS, groups))};
  };

  describe("a response under way while the edge is reconfigured", () => {
    test("issues the cookie of the configuration that decided its request", async () => {
      await mesh().publish(issuing("first"));
      const held: ServerResponse[] = [];
      mesh()
        .app("front")
        .handlers.set("/held", (_request, response) => void held.push(response as ServerResponse));
      const calls = Array.from({length: 8}, () => send(mesh().edge, {authority: "issued.test", path: "/held"}));
      await expect.poll(() => held.length).toBe(calls.length);
      for (let i = 0; i < 40; i++) {
        await mesh().publish(issuing(`later-${i}`));
        const {headers} = await send(mesh().edge, {authority: "issued.test"});
        expect(values(headers, "set-cookie")).toEqual([expect.stringMatching(RegExp(`^later-${i}=[0-9a-f]{32};`))]);
      }
      for (const response of held) response.end();
      for (const {headers} of await Promise.all(calls)) {
        expect(values(headers, "set-cookie")).toEqual([expect.stringMatching(/^first=[0-9a-f]{32}; Path=\//)]);
      }
    });
  });
});
