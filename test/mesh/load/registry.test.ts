import {once} from "node:events";
import {connect, createServer, type Server, type Socket} from "node:net";
import {afterAll, beforeAll, expect, test} from "vitest";
import {installMeshlane, meshlane, meshlaneOk} from "../client/index.ts";
import {until} from "../until.ts";
import {LoadShop} from "./rig.ts";

/** The mesh's registry at a port that nobody listens on at times. */
class Door {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #host: string;
  #port = 0;

  constructor(registry: string) {
    const [host = "", port] = registry.split(":");
    this.#host = host;
    this.#server = createServer((socket) => {
      const onward = connect(Number(port), host);
      for (const each of [socket, onward]) {
        this.#sockets.add(each);
        each.on("error", () => {});
        each.on("close", () => {
          this.#sockets.delete(each);
          socket.destroy();
          onward.destroy();
        });
      }
      socket.pipe(onward).pipe(socket);
    });
  }

  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  async open(): Promise<void> {
    await once(this.#server.listen(this.#port, this.#host), "listening");
    this.#port = (this.#server.address() as {port: number}).port;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

let shop: LoadShop;
let door: Door;
beforeAll(async () => {
  shop = await LoadShop.start("registry-away");
  door = new Door(shop.mesh.registry);
  await door.open();
  await meshlaneOk(shop.mesh, ["install", "--registry", `${door.address}/mesh`, "--plain-http"]);
  await shop.apply(shop.group("native"), shop.ann);
});
afterAll(async () => {
  await door?.close();
  await shop?.end();
  await installMeshlane(shop.mesh);
});

/** A pod of the frontend that has fetched nothing yet. */
async function newPod(): Promise<void> {
  await shop.scale("frontend", 0);
  await shop.scale("frontend", 1);
  const answers = async () => (await shop.mesh.request({host: shop.host})).status === 200;
  await until(answers, {what: "the gateway knows the new pod"});
}

const way = async () => (await shop.mesh.request(shop.request("ann"))).path;
const images = async () => {
  const {stdout} = await meshlane(shop.mesh, ["check", "--plain-http", "-o", "json"]);
  return (JSON.parse(stdout) as {check: string; status: string; message: string}[]).filter(
    ({check}) => check === "images",
  );
};

test("while the registry is away pods start and serve, check says so, and when it is back new pods get the filter", async () => {
  await until(async () => (await way()) === "frontend -> cart--ann", {what: "the lane is reached"});
  await door.close();
  await newPod();
  // The program forwards only a trace id, and nothing in the new pod remembers what lane it stands for.
  expect(await way()).toBe("frontend -> cart");
  expect(await images()).toMatchObject([{status: "failed", message: expect.stringContaining(door.address) as string}]);
  await door.open();
  await newPod();
  await until(async () => (await way()) === "frontend -> cart--ann", {what: "the lane is reached again"});
  expect(await images()).toMatchObject([{status: "ok"}]);
});
