import {describe, expect, test} from "vitest";
import {baggage, lane, laneIn, node, pass, receive, send, start, traceparent} from "./drive.ts";
import type {Header} from "./headers.ts";
import {Vm} from "./host.ts";
import {PATH} from "./kinds.ts";
import {Process} from "./process.ts";
import type {Root} from "./root.ts";
import type {Properties} from "./stream.ts";

const ROUTER = "router~10.0.0.1~gateway-1.ingress~ingress.svc.cluster.local";

describe("inbound on an excepted pod", () => {
  const configuration = {except: [{app: "door", tier: "web"}, {app: "gate"}]};
  const request: Header[] = [PATH, lane("ann"), lane("bob"), baggage("swimlane=ann"), traceparent()];

  test("does nothing: whoever the peer is, no header is changed, nothing is remembered, no call of the host is made", () => {
    const process = new Process();
    const root = start("inbound", configuration, process, node({app: "gate", version: "v1"}));
    expect(pass(root, request, {mtls: false})).toEqual(request);
    expect(receive(root, lane("ann"), traceparent())).toEqual([lane("ann"), traceparent()]);
    expect(root.vm.counted()).toEqual({});
    expect(process.shared.size).toBe(0);
  });

  test("a pod is excepted that has all labels of one set", () => {
    const left = (labels: Record<string, string>): boolean =>
      pass(start("inbound", configuration, undefined, node(labels)), request, {mtls: false}).length === request.length;
    expect(left({app: "door", tier: "web", more: "x"})).toBe(true);
    expect(left({app: "door"})).toBe(false);
    expect(left({app: "door", tier: ""})).toBe(false);
    expect(left({tier: "web"})).toBe(false);
    expect(left({app: "gates"})).toBe(false);
    expect(left({})).toBe(false);
  });

  test("an empty value is not a label that is not there", () => {
    const empty = {except: [{app: ""}]};
    const count = (labels: Record<string, string>): number =>
      pass(start("inbound", empty, undefined, node(labels)), request, {mtls: false}).length;
    expect(count({app: ""})).toBe(request.length);
    expect(count({})).toBeLessThan(request.length);
  });

  test("a value that is not text is none", () => {
    for (const value of ["\0\0\0\0\0\0\x14@", "\x01", "\x01\0\0\0\x01\0\0\0\0\0\0\0a\0\0"]) {
      const self = {"xds\0node\0metadata\0LABELS\0app": value};
      const root = start("inbound", {except: [{app: "1"}, {app: "true"}, {app: "a"}]}, undefined, self);
      expect(pass(root, request, {mtls: false})).not.toEqual(request);
    }
  });

  test("without a list, or with an empty one, no pod is, and the node is not asked", () => {
    for (const none of [{}, {except: []}]) {
      const vm = Vm.load("inbound");
      vm.configure({version: 1, ...none}, node({app: "gate"}));
      expect(vm.counted()["proxy_get_property"]).toBeUndefined();
    }
  });

  test("a plugin of the same image that is not, in the same VM, does its work", () => {
    const vm = Vm.load("inbound");
    const excepted = vm.configure({version: 1, ...configuration}, node({app: "gate"}));
    const other = vm.configure({version: 1}, node({app: "gate"}));
    expect(pass(excepted, request, {mtls: false})).toEqual(request);
    expect(pass(other, request, {mtls: false})).toEqual([PATH, traceparent()]);
    excepted.remove();
    other.remove();
  });
});

/** The lane in which a request without any carrier leaves the pod. */
function podLane(configuration: object, self: Properties): string | undefined {
  return laneIn(send(start("outbound", configuration, undefined, self), PATH));
}

describe("the pod's own lane", () => {
  const pods = {
    label: "example.com/lane",
    lanes: [
      {lane: "next", labels: {app: "cart", version: "v2"}},
      {lane: "beta", labels: {version: "v2"}},
    ],
    fallbacks: ["team-a", "team-b"],
  };

  test("is the first of the lanes whose labels the pod has", () => {
    expect(podLane({pods}, node({app: "cart", version: "v2", "example.com/lane": "ann"}))).toBe("next");
    expect(podLane({pods}, node({app: "payment", version: "v2"}))).toBe("beta");
  });

  test("else the value of the label", () => {
    expect(podLane({pods}, node({app: "cart", version: "v1", "example.com/lane": "ann"}))).toBe("ann");
    expect(podLane({pods}, node({app: "cart", version: "v1"}))).toBeUndefined();
  });

  test("the label is meshlane.dev/lane where no other is configured", () => {
    for (const configuration of [{}, {pods: {}}, {pods: {fallbacks: []}}]) {
      expect(podLane(configuration, node({"meshlane.dev/lane": "ann"}))).toBe("ann");
      expect(podLane(configuration, node({"example.com/lane": "ann"}))).toBeUndefined();
    }
    expect(podLane({pods}, node({"meshlane.dev/lane": "ann"}))).toBeUndefined();
  });

  test("is none on a pod that other lanes fall back to", () => {
    expect(podLane({pods}, node({"example.com/lane": "team-b"}))).toBeUndefined();
    expect(podLane({pods}, node({"example.com/lane": "team"}))).toBe("team");
  });

  test("is the configured one where that is given", () => {
    expect(podLane({pods, lane: "paul"}, node({app: "cart", version: "v2", "example.com/lane": "ann"}))).toBe("paul");
  });

  test.each(["ANN", "a.b", "ann-", "x_y", "", "a".repeat(64), "\0\0\0\0\0\0\x14@", "\x01"])(
    "that is no lane name is ignored, with one line at warn: %j",
    (value) => {
      const vm = Vm.load("outbound");
      const root = vm.configure({version: 1}, node({"meshlane.dev/lane": value}));
      expect(root.accepted).toBe(true);
      expect(vm.logs.map(({level}) => level)).toEqual([3]);
      expect(vm.logs[0]?.text).toMatch(/^meshlane: pods\.label: .+ is not a lane name/);
      for (let i = 0; i < 3; i++) expect(laneIn(send(root, PATH))).toBeUndefined();
      expect(vm.logs).toHaveLength(1);
    },
  );

  test("costs a request no more than a configured one", () => {
    const calls = (root: Root): object => {
      send(root, PATH);
      return root.vm.counted();
    };
    const own = calls(start("outbound", {pods}, undefined, node({"example.com/lane": "ann"})));
    expect(own).toEqual(calls(start("outbound", {lane: "ann"})));
  });
});

describe("a gateway", () => {
  const remembering = (): Process => {
    const process = new Process();
    receive(start("inbound", {}, process), lane("tess"), traceparent());
    return process;
  };
  const self = (id: string): Properties => node({"meshlane.dev/lane": "paul"}, id);
  const restored = (configuration: object, id: string): string | undefined =>
    laneIn(send(start("outbound", configuration, remembering(), self(id)), traceparent()));

  test("is known by the name of its node: neither table nor pod lane is read", () => {
    expect(restored({}, ROUTER)).toBeUndefined();
    expect(restored({}, "sidecar~10.0.0.1~router~x")).toBe("tess");
    expect(restored({}, "router")).toBe("tess");
  });

  test("is what the configuration says where it does", () => {
    expect(restored({gateway: false}, ROUTER)).toBe("tess");
    expect(restored({gateway: true}, "sidecar~1~x~y")).toBeUndefined();
  });

  test("the node of a host that has it at the top is read too", () => {
    const root = start("outbound", {}, remembering(), {"node\0id": ROUTER});
    expect(laneIn(send(root, traceparent()))).toBeUndefined();
    const labelled = start("outbound", {}, undefined, {"node\0metadata\0LABELS\0meshlane.dev/lane": "ann"});
    expect(laneIn(send(labelled, PATH))).toBe("ann");
  });
});
