import {expect, test} from "vitest";
import {ask} from "./rig/client.ts";
import type {JsonObject} from "../../manager/render/filter-config.ts";
import {context, type Header, lane, traceparent} from "./rig/headers.ts";
import {NEW, OLD, type TestMesh} from "./rig/mesh.ts";
import {onEnvoy} from "./rig/suite.ts";

const CONNECTIONS = 60;
const LANES = ["red", "blue", "other"];

/** Connections that each worker of a listener has accepted. */
function accepted(mesh: TestMesh, port: number): Promise<number[]> {
  const {workers} = mesh.options;
  const names = Array.from({length: workers}, (_, i) => `listener.127.0.0.1_${port}.worker_${i}.downstream_cx_total`);
  return Promise.all(names.map((name) => mesh.stat("front", name)));
}

const setups = [{...NEW, workers: 1}, NEW, {...NEW, workers: 4}, {...OLD, workers: 4}];

/** Connections go to the worker that has the fewest, so that all of them take part. */
function balanced(_proxy: string, bootstrap: JsonObject): JsonObject {
  const {listeners, clusters} = bootstrap["static_resources"] as {listeners: JsonObject[]; clusters: JsonObject[]};
  const all = listeners.map((listener) => ({...listener, connection_balance_config: {exact_balance: {}}}));
  return {...bootstrap, static_resources: {listeners: all, clusters}};
}

onEnvoy(setups, {proxies: ["front"], bootstrap: balanced, traceIds: ["traceparent"]}, (mesh) =>
  test("the table is shared: what one worker remembers, another restores", async () => {
    const [inbound, outbound] = [mesh().inbound("front"), mesh().outbound("front", "back")];
    const ids = Array.from({length: CONNECTIONS}, (_, i): [string, Header] => [
      LANES[i % LANES.length]!,
      traceparent(),
    ]);
    await Promise.all(ids.map(([name, id]) => ask(inbound, {headers: [lane(name), id]})));
    const restored = await Promise.all(ids.map(([, id]) => ask(outbound, {headers: [id]})));
    expect(restored.map(({headers}) => context(headers).lane)).toEqual(ids.map(([name]) => [name]));
    const busy = await Promise.all([inbound, outbound].map(({port}) => accepted(mesh(), port)));
    for (const counts of busy) {
      expect(counts.every((count) => count > 0)).toBe(true);
    }
  }),
);
