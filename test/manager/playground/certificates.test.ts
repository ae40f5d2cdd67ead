import {createPrivateKey, X509Certificate} from "node:crypto";
import {once} from "node:events";
import type {AddressInfo} from "node:net";
import {connect, createServer, type TLSSocket} from "node:tls";
import {expect, test} from "vitest";
import {Authority} from "../../../manager/playground/envoy/certificates.ts";

const LONG = `shop/${"w".repeat(63)}`;

test("a certificate carries the workload's SPIFFE identity and nothing else", async () => {
  const authority = await Authority.create();
  const identity = async (name: string) => new X509Certificate((await authority.issue(name)).cert).subjectAltName;
  expect(await identity("shop/cart")).toBe("URI:spiffe://cluster.local/ns/shop/sa/cart");
  expect(await identity(LONG)).toContain("w".repeat(63));
});

test("each certificate is signed by the authority, fits its key and is valid for 30 days", async () => {
  const issuer = await Authority.create();
  const authority = new X509Certificate(issuer.certificate);
  const {cert, key} = await issuer.issue("shop/cart");
  const cart = new X509Certificate(cert);
  expect(authority.ca).toBe(true);
  expect(cart.ca).toBe(false);
  expect(cart.verify(authority.publicKey)).toBe(true);
  expect(cart.checkIssued(authority)).toBe(true);
  expect(cart.checkPrivateKey(createPrivateKey(key))).toBe(true);
  const daysLeft = (Date.parse(cart.validTo) - Date.now()) / 86_400_000;
  expect(daysLeft).toBeGreaterThan(29.9);
  expect(daysLeft).toBeLessThanOrEqual(30);
});

/** What the server says of the client's identity; empty when it refused the client. */
async function handshake(server: {ca: string; cert: string; key: string}, client: typeof server): Promise<string> {
  const listener = createServer({...server, requestCert: true, rejectUnauthorized: true});
  listener.on("tlsClientError", () => {});
  listener.on("secureConnection", (socket: TLSSocket) => socket.end(socket.getPeerCertificate().subjectaltname ?? ""));
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const {port} = listener.address() as AddressInfo;
  const socket = connect({...client, port, host: "127.0.0.1", checkServerIdentity: () => undefined});
  let seen = "";
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  await new Promise((resolve) => socket.once("close", resolve));
  listener.close();
  return seen;
}

test("two workloads of one authority speak mTLS, one of another authority is refused", async () => {
  const ours = await Authority.create();
  const others = await Authority.create();
  const party = async (issuer: Authority, name: string) => ({ca: ours.certificate, ...(await issuer.issue(name))});
  const payment = await party(ours, "shop/payment");
  expect(await handshake(payment, await party(ours, "shop/cart"))).toBe("URI:spiffe://cluster.local/ns/shop/sa/cart");
  expect(await handshake(payment, await party(others, "shop/cart"))).toBe("");
});

test("a name that is not NAMESPACE/WORKLOAD is refused", async () => {
  const authority = await Authority.create();
  await expect(authority.issue("cart")).rejects.toThrow('certificate name "cart": must be NAMESPACE/WORKLOAD');
});
