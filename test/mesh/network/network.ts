import {once} from "node:events";
import {createServer, type Server} from "node:net";
import {join} from "node:path";
import {run} from "../run.ts";

/** How many meshes one machine takes at the same time. */
const MESHES = 8;
const FIRST_BYTE = 190;

/** Removes what a network left, by its name. */
export const REMOVE = join(import.meta.dirname, "remove.sh");

export interface PodNetwork {
  /** Of the network namespace, and of the pod's link on the bridge. */
  readonly name: string;
  /** `/run/netns/NAME` */
  readonly path: string;
  /** IPv4 */
  readonly address: string;
}

/**
 * A bridge on this machine and an address range of its own, 10.(190 + number).0.0/16: pods in its lower half, Services
 * in the upper. Nothing is forwarded, so pods reach each other and this machine, and nothing else reaches them.
 */
export class Network {
  readonly number: number;
  /** Of the bridge; namespaces are NAME-1, NAME-2 and so on. */
  readonly name: string;
  /** The machine's own address on the bridge. */
  readonly host: string;
  /** For what only the control plane itself needs. */
  readonly loopback: string;
  readonly services: string;
  readonly #lock: Server;
  readonly #freed: number[] = [];
  #pods = 0;

  private constructor(number: number, lock: Server) {
    this.number = number;
    this.#lock = lock;
    this.name = `meshlane${number}`;
    this.host = `10.${FIRST_BYTE + number}.0.1`;
    this.loopback = `127.${FIRST_BYTE + number}.0.1`;
    this.services = `10.${FIRST_BYTE + number}.128.0/17`;
  }

  /** The first one that nobody on this machine holds and whose addresses lead nowhere yet. */
  static async reserve(): Promise<Network> {
    const taken = await routedRanges();
    for (let number = 0; number < MESHES; number++) {
      const lock = await lockOf(number);
      if (lock === undefined) continue;
      const network = new Network(number, lock);
      if (!taken.some(({range, link}) => range === FIRST_BYTE + number && link !== network.name)) return network;
      lock.close();
    }
    const ranges = `10.${FIRST_BYTE}.0.0/16 to 10.${FIRST_BYTE + MESHES - 1}.0.0/16`;
    throw new Error(`no free address range for the mesh: ${ranges} are all in use. End another mesh under test.`);
  }

  async create(): Promise<void> {
    const commands = [
      `link add ${this.name} type bridge`,
      `addr add ${this.host}/17 dev ${this.name}`,
      `link set ${this.name} up`,
    ];
    await run("ip", ["-batch", "-"], {input: commands.join("\n")});
  }

  /** A namespace with a link on the bridge. */
  async addPod(): Promise<PodNetwork> {
    const number = this.#freed.shift() ?? ++this.#pods;
    const name = `${this.name}-${number}`;
    const address = this.#address(number);
    const path = `/run/netns/${name}`;
    const link = `ml${this.number}-${number}`;
    const outside = [
      `netns add ${name}`,
      `link add ${link} type veth peer name eth0 netns ${name}`,
      `link set ${link} master ${this.name} up`,
    ];
    const inside = [
      "link set lo up",
      `addr add ${address}/17 dev eth0`,
      "link set eth0 up",
      `route add default via ${this.host}`,
    ];
    await run("ip", ["-batch", "-"], {input: outside.join("\n")});
    await run("ip", ["-n", name, "-batch", "-"], {input: inside.join("\n")});
    return {name, path, address};
  }

  async removePod({name}: PodNetwork): Promise<void> {
    const number = Number(name.slice(this.name.length + 1));
    await run("ip", ["link", "delete", `ml${this.number}-${number}`]).catch(() => {});
    await run("ip", ["netns", "delete", name]).catch(() => {});
    this.#freed.push(number);
  }

  /** Frees the range for others; whatever holds it is to be gone by now. */
  release(): void {
    this.#lock.close();
  }

  #address(number: number): string {
    const last = number + 1;
    return `10.${FIRST_BYTE + this.number}.${last >> 8}.${last & 0xff}`;
  }
}

/** A socket of the abstract name space, which the system frees whatever becomes of its holder. */
async function lockOf(number: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    await once(server.listen(`\0meshlane-mesh-${number}`), "listening");
    return server;
  } catch {
    return undefined;
  }
}

async function routedRanges(): Promise<{range: number; link: string | undefined}[]> {
  const routes = JSON.parse(await run("ip", ["-4", "-json", "route"])) as {dst: string; dev?: string}[];
  return routes
    .filter(({dst}) => dst.startsWith("10."))
    .map(({dst, dev}) => ({range: Number(dst.split(".")[1]), link: dev}));
}
