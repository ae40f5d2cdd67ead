import {createHash} from "node:crypto";
import {once} from "node:events";
import {connect, createServer} from "node:net";

/**
 * Does the work while no other process does work of this name. The lock is a socket of Linux's abstract name space:
 * the system frees it whatever becomes of its holder, and who waits sees the holder's connection close.
 */
export async function withLock(name, work, onWait) {
  const address = `\0meshlane-${createHash("sha256").update(name).digest("hex")}`;
  let lock = await tryListen(address);
  if (lock === undefined) onWait?.();
  while (lock === undefined) {
    await holderGone(address);
    lock = await tryListen(address);
  }
  try {
    return await work();
  } finally {
    for (const waiting of lock.waiting) waiting.destroy();
    await new Promise((resolve) => lock.server.close(resolve));
  }
}

async function tryListen(address) {
  const waiting = new Set();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on("error", () => {}).on("close", () => waiting.delete(socket));
  });
  try {
    await once(server.listen(address), "listening");
    return {server, waiting};
  } catch (error) {
    if (error.code === "EADDRINUSE") return undefined;
    throw error;
  }
}

async function holderGone(address) {
  const socket = connect(address).on("error", () => {});
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
}
