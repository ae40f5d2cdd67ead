import {expect, test} from "vitest";
import {readState} from "../../../manager/controller/cluster-state.ts";
import {FakeCluster, ourKinds} from "../cluster/fake-cluster.ts";

const apiVersion = "gateway.networking.k8s.io/v1";
const grpcRoute = {apiVersion, kind: "GRPCRoute", metadata: {name: "mine", namespace: "shop"}, spec: {}};

test("GRPCRoutes of users are read where the cluster has the kind, and a cluster without it has none", async () => {
  const kinds = [...ourKinds, {apiVersion, kind: "GRPCRoute", plural: "grpcroutes"}];
  const read = async (known: typeof ourKinds) => {
    const cluster = await FakeCluster.start([grpcRoute], known);
    const {objects} = await readState(await cluster.api());
    return objects.map(({kind, metadata}) => `${kind} ${metadata.namespace}/${metadata.name}`);
  };
  expect(await read(kinds)).toEqual(["GRPCRoute shop/mine"]);
  expect(await read(ourKinds)).toEqual([]);
});

test("who may not read a kind is told of it, and who names all that is missing", async () => {
  const cluster = await FakeCluster.start([], ourKinds);
  cluster.denied = ["list swimlanes"];
  await expect(readState(await cluster.api())).rejects.toThrow(
    /^ann may not list swimlanes.*; meshlane check -o json names all rights that are missing$/u,
  );
});
