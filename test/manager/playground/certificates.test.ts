import {createPrivateKey, X509Certificate} from "node:crypto";
import {once} from "node:events";
import type {AddressInfo} from "node:net";
import {connect, createServer, type TLSSocket} from "node:tls";
import {expect, test} from "vitest";
import {makeCertificates} from "../../../manager/playground/certificates.ts";

const LONG = `shop/${"w".repeat(63)}`;

test("a certificate carries the workload's SPIFFE identity and nothing else", async () => {
  const {of} = await makeCertificates(["shop/cart", LONG]);
  expect(new X509Certificate(of.get("shop/cart")!.cert).subjectAltName).toBe(
    "URI:spiffe://cluster.local/ns/shop/sa/cart",
  );
  expect(new X509Certificate(of.get(LONG)!.cert).subjectAltName).toContain("w".repeat(63));
});

test("each certificate is signed by the authority, fits its key and is valid for 30 days", async () => {
  const {ca, of} = await makeCertificates(["shop/cart"]);
  const authority = new X509Certificate(ca);
  const cart = new X509Certificate(of.get("shop/cart")!.cert);
  expect(authority.ca).toBe(true);
  expect(cart.ca).toBe(false);
  expect(cart.verify(authority.publicKey)).toBe(true);
  expect(cart.checkIssued(authority)).toBe(true);
  expect(cart.checkPrivateKey(createPrivateKey(of.get("shop/cart")!.key))).toBe(true);
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
  const ours = await makeCertificates(["shop/cart", "shop/payment"]);
  const others = await makeCertificates(["shop/cart"]);
  const of = (from: typeof ours, name: string) => ({ca: ours.ca, ...from.of.get(name)!});
  expect(await handshake(of(ours, "shop/payment"), of(ours, "shop/cart"))).toBe(
    "URI:spiffe://cluster.local/ns/shop/sa/cart",
  );
  expect(await handshake(of(ours, "shop/payment"), of(others, "shop/cart"))).toBe("");
});

test("a name that is not NAMESPACE/WORKLOAD is refused", async () => {
  await expect(makeCertificates(["cart"])).rejects.toThrow('certificate name "cart": must be NAMESPACE/WORKLOAD');
});
