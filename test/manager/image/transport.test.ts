import {once} from "node:events";
import {createServer} from "node:https";
import type {AddressInfo} from "node:net";
import {expect, test} from "vitest";
import {isLoopback} from "../../../manager/image/address.ts";
import {readLanes} from "../../../manager/image/lanes.ts";
import {parseReference} from "../../../manager/image/reference.ts";
import type {RegistryOptions} from "../../../manager/image/session.ts";
import {Authority} from "../../../manager/playground/envoy/certificates.ts";
import {StandIn} from "./stand-in.ts";

const read = (reference: string, options: RegistryOptions) => readLanes(parseReference(reference), options);
const env = {DOCKER_CONFIG: "/nonexistent"};

test("a certificate that nobody trusts is explained, with what to do", async () => {
  const authority = await Authority.create();
  const server = createServer(await authority.issue("shop/registry"), (_, response) => response.end());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const {port} = server.address() as AddressInfo;
  try {
    await expect(read(`oci://127.0.0.1:${port}/x:1`, {env})).rejects.toThrow(
      `127.0.0.1:${port}: nobody whom this machine trusts has signed its certificate: NODE_EXTRA_CA_CERTS=ca.pem names`,
    );
  } finally {
    server.close();
  }
});

test("plain HTTP is spoken with this machine, and with others only when told so", async () => {
  const registry = await StandIn.start();
  const port = registry.host.split(":")[1];
  try {
    await expect(read(`oci://localhost:${port}/x:1`, {env})).rejects.toThrow("x:1 is not in the registry");
    // Every address of 127.0.0.0/8 is this machine, but 0.0.0.0 counts as another one.
    const other = `oci://0.0.0.0:${port}/x:1`;
    await expect(read(other, {env})).rejects.toThrow("A registry of plain HTTP is used with --plain-http only");
    await expect(read(other, {env, plainHttp: true})).rejects.toThrow("x:1 is not in the registry");
  } finally {
    await registry.stop();
  }
});

test("a name that only begins like this machine's is another one", () => {
  expect(["localhost", "127.0.0.1", "127.9.9.9", "[::1]"].every(isLoopback)).toBe(true);
  expect(["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "[::2]"].some(isLoopback)).toBe(false);
});

test("a registry that is not there is told from one whose name does not exist", async () => {
  const gone = await StandIn.start();
  const {host} = gone;
  await gone.stop();
  await expect(read(`oci://${host}/x:1`, {env})).rejects.toThrow(`${host}: nothing listens there`);
  await expect(read("oci://registry.invalid/x:1", {env})).rejects.toThrow(
    /registry\.invalid: (there is no host of this name|its name cannot be looked up now)/,
  );
  await expect(read("oci://127.0.0.1:6000/x:1", {env})).rejects.toThrow(
    "127.0.0.1:6000: HTTP clients ask no server on this port, which another protocol has: give the registry another",
  );
});
