import {once} from "node:events";
import {createServer, type Server} from "node:net";
import type {AddressInfo} from "node:net";
import {expect, test} from "vitest";
import {flatten, lostAt, send} from "../../../manager/playground/path.ts";
import {curlLine, pathText} from "../../../manager/playground/text.ts";

async function requestTo(server: Server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const {port} = server.address() as AddressInfo;
  return {name: "ann", method: "GET", url: `http://127.0.0.1:${port}/`, headers: {}} as const;
}

test("a request without an answer is a path too, with the reason", async () => {
  const server = createServer((socket) => socket.destroy());
  const request = await requestTo(server);
  const answer = await send(request, "frontend");
  server.close();
  expect(answer.status).toBe(0);
  expect(flatten(answer.tree)).toEqual([{service: "frontend", lane: "baseline", workload: "", carrier: "none"}]);
  expect(pathText(answer)).toMatch(/^ann: (socket hang up|read ECONNRESET)\n[^]*\(no answer\)/);
});

test("the answer of a program that is no echo program ends the path there", async () => {
  const reply =
    "HTTP/1.1 200 OK\r\nx-swimlane-hop: ann;header\r\nx-swimlane-workload: mine\r\ncontent-length: 2\r\n\r\nhi";
  const server = createServer((socket) => socket.once("data", () => socket.end(reply)));
  const answer = await send(await requestTo(server), "frontend");
  server.close();
  expect(flatten(answer.tree)).toEqual([{service: "frontend", lane: "ann", workload: "mine", carrier: "header"}]);
});

const hop = (service: string, lane: string, calls: HopOf[] = []): HopOf => ({
  service,
  lane,
  workload: service,
  carrier: "none",
  calls,
});
type HopOf = {service: string; lane: string; workload: string; carrier: string; calls: HopOf[]};

test("a lane is lost at the service whose call has none any more", () => {
  const tree = hop("a", "ann", [hop("b", "ann", [hop("c", "baseline")]), hop("d", "ann")]);
  expect(lostAt(tree)).toEqual(["b"]);
  expect(lostAt(hop("a", "baseline", [hop("b", "baseline")]))).toEqual([]);
});

test("a host that the machine does not resolve stands as a header in the line to paste", () => {
  const plain = {name: "ann", method: "GET", headers: {}} as const;
  expect(curlLine({...plain, url: "http://ann.shop.localhost:8080/"})).toBe(
    "curl -s http://ann.shop.localhost:8080/   # ann",
  );
  expect(curlLine({...plain, url: "http://ann.example.com:8080/?a=1"})).toBe(
    "curl -s -H 'host: ann.example.com' 'http://127.0.0.1:8080/?a=1'   # ann",
  );
});
