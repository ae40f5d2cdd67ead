// Sends requests at a steady rate from a thread of its own, whether or not the ones before have been answered.
import {Agent, request} from "node:http";
import {performance} from "node:perf_hooks";
import {parentPort, workerData} from "node:worker_threads";

const {base, perSecond, requests} = workerData;
const PATIENCE_MS = 15_000;
/** Connections are made while the rate grows. */
const GROWING_S = 2;
/** A machine that is ten seconds behind gets no more until it has caught up; the rate that is reached tells. */
const mostWaiting = 10 * perSecond;
const agent = new Agent({keepAlive: true, maxSockets: 500});
const began = performance.now();
const now = () => performance.timeOrigin + performance.now();
/** For each request, how many of it went which way. */
const ways = requests.map(() => ({}));
const failed = [];
const milliseconds = [];
let offered = 0;
let sent = 0;
let waiting = 0;
let stopping = false;

const timer = setInterval(() => {
  const seconds = (performance.now() - began) / 1000;
  const due = perSecond * (seconds < GROWING_S ? seconds ** 2 / GROWING_S / 2 : seconds - GROWING_S / 2);
  for (; offered < due; offered++) if (waiting < mostWaiting) send(sent++ % requests.length);
}, 2);

parentPort.on("message", ({id, stop}) => {
  stopping ||= stop;
  if (!stop) return parentPort.postMessage({id, result: {sent, waiting}});
  clearInterval(timer);
  const end = setInterval(() => {
    if (waiting > 0) return;
    clearInterval(end);
    parentPort.postMessage({id, result: result()});
    parentPort.close();
    agent.destroy();
  }, 5);
});

const fullFrom = began + GROWING_S * 1000;
let lastAnswer = fullFrom;
let atFullRate = 0;

function result() {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (part) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0);
  const seconds = (lastAnswer - fullFrom) / 1000;
  return {
    sent,
    perSecond: seconds === 0 ? 0 : Math.round(atFullRate / seconds),
    ways: ways.map((each) => ({...each})),
    failed: [...failed],
    ms: {p50: at(0.5), p99: at(0.99), most: at(0.99999)},
  };
}

function send(turn) {
  const {url = "/", method = "GET", host, headers = {}} = requests[turn];
  const sentAt = now();
  waiting++;
  const end = (status, text, error) => {
    waiting--;
    milliseconds.push(now() - sentAt);
    if (sentAt - performance.timeOrigin >= fullFrom) {
      atFullRate++;
      lastAnswer = performance.now();
    }
    if (status >= 200 && status < 400) {
      const way = wayOf(text);
      ways[turn][way] = (ways[turn][way] ?? 0) + 1;
    } else failed.push({turn, status, sentAt, endedAt: now(), said: error ?? saidOf(text)});
  };
  const options = {
    agent,
    method,
    headers: {...headers, ...(host === undefined ? {} : {host})},
    signal: AbortSignal.timeout(PATIENCE_MS),
  };
  let ended = false;
  const once = (...args) => {
    if (ended) return;
    ended = true;
    end(...args);
  };
  request(new URL(url, base), options, (response) => {
    const chunks = [];
    response.on("data", (chunk) => chunks.push(chunk));
    response.on("error", (error) => once(0, "", error.message));
    response.on("end", () => once(response.statusCode, Buffer.concat(chunks).toString()));
  })
    .on("error", (error) => once(0, "", error.message))
    .end();
}

/** The workloads that answered, callers before their callees. */
function wayOf(text) {
  try {
    return workloads(JSON.parse(text)).join(" ");
  } catch {
    return "?";
  }
}

/** Which calls failed where the program answered for itself, otherwise the beginning of the answer. */
function saidOf(text) {
  try {
    const {workload, calls = []} = JSON.parse(text);
    const lost = calls.filter(({status}) => status === 0 || status >= 400);
    return lost
      .map(({service, status, error = ""}) => `${workload} -> ${service}: ${status} ${error}`.trim())
      .join(", ");
  } catch {
    return text.slice(0, 200);
  }
}

function workloads({workload = "?", calls = []}) {
  return [workload, ...calls.flatMap(workloads)];
}
