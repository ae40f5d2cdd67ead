// Sends requests from inside a pod as it is told, a line of JSON each on standard input, and answers each with a line.
//   {address, host, lane?, count}       so many requests -> {sent, failed, answeredBy}
//   {address, host, lane, until, ms}    one after the other until this workload answers -> {at} (Unix time, ms), or {}
import {Agent, request} from "node:http";
import {createInterface} from "node:readline";
import {performance} from "node:perf_hooks";
import {setTimeout as delay} from "node:timers/promises";

const CONNECTIONS = 4;
/** Asking more often would take the processor from what is waited for: a request is work for a client, two proxies and a server. */
const PAUSE_MS = 20;
const agent = new Agent({keepAlive: true, maxSockets: CONNECTIONS});

for await (const line of createInterface({input: process.stdin})) {
  const told = JSON.parse(line);
  const answer = told.until === undefined ? await sendAll(told) : await sendUntil(told);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function sendAll({count, ...where}) {
  const answeredBy = {};
  let left = count;
  let failed = 0;
  const worker = async () => {
    while (left-- > 0) {
      const {status, workload} = await send(where);
      if (status !== 200) failed++;
      else answeredBy[workload] = (answeredBy[workload] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({length: CONNECTIONS}, worker));
  return {sent: count, failed, answeredBy};
}

async function sendUntil({until, ms, ...where}) {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const {workload} = await send(where);
    if (workload === until) return {at: performance.timeOrigin + performance.now()};
    await delay(PAUSE_MS);
  }
  return {};
}

function send({address, host, lane}) {
  const headers = {host, ...(lane === undefined ? {} : {"x-swimlane": lane})};
  return new Promise((resolve) => {
    const outgoing = request({host: address, port: 80, agent, headers, timeout: 10_000}, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const [, workload] = /"workload":\s*"([^"]*)"/.exec(Buffer.concat(chunks).toString()) ?? [];
        resolve({status: response.statusCode, workload});
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
    outgoing.on("error", () => resolve({status: 0}));
    outgoing.end();
  });
}
