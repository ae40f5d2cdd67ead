// Sends one HTTP request and prints what came back as JSON: `node request.mjs JSON`. It runs inside a pod.
import {request} from "node:http";

const {url, method, headers, body, timeoutMs} = JSON.parse(process.argv[2]);
const outgoing = request(url, {method, headers, signal: AbortSignal.timeout(timeoutMs)}, (response) => {
  const chunks = [];
  response.on("data", (chunk) => chunks.push(chunk));
  response.on("end", () =>
    print({status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString()}),
  );
});
outgoing.on("error", (error) => print({status: 0, headers: {}, body: "", error: error.message}));
outgoing.end(body);

function print(reply) {
  process.stdout.write(JSON.stringify(reply));
}
