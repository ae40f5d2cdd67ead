import {
  applyLanes,
  deleteLanes,
  type FailedRequest,
  groupObject,
  installMeshlane,
  laneObject,
  type Mesh,
  type PodView,
  type SteadyResult,
  theMesh,
} from "../client/index.ts";
import {untilPath} from "../lanes/lane-shop.ts";
import {playgroundWith} from "../shop/playground.ts";
import {until} from "../until.ts";

/** Requests a second, sent whether or not the ones before have been answered; a machine that cannot bear 500 is told so. */
const RATE = Number(process.env["MESHLANE_LOAD_RATE"] ?? 500);
export const BASELINE = "frontend cart";
export const IN_LANE = "frontend cart--ann";

export type Loaded<Happened> = SteadyResult & {readonly happened: Happened};

/** The smallest shop with a lane, for load: two services, and the lane's own pod of the second. */
export class LoadShop {
  readonly mesh: Mesh;
  readonly name: string;
  readonly host: string;
  readonly ann: ReturnType<typeof laneObject>;

  private constructor(mesh: Mesh, name: string) {
    this.mesh = mesh;
    this.name = name;
    this.host = `${name}.localhost`;
    this.ann = this.lane("ann");
  }

  /** Its pods run, and Meshlane is installed; no group and no lane is there. */
  static async start(name: string): Promise<LoadShop> {
    const shop = new LoadShop(await theMesh(), name);
    const playground = playgroundWith({frontend: {calls: ["cart"]}, cart: {}, "cart--ann": {}});
    await shop.mesh.shop(name, playground, {hosts: [shop.host]});
    await installMeshlane(shop.mesh);
    await shop.#untilServed();
    return shop;
  }

  /** Resolves when the gateway has the shop. */
  async #untilServed(): Promise<void> {
    await untilPath(() => this.mesh.request(this.request()), "frontend -> cart");
  }

  /** Ends the connections of the frontend that were open before its pod had the filter: each takes one request more without it. */
  async restartFrontend(): Promise<void> {
    await this.mesh.kubectl("-n", this.name, "rollout", "restart", "deployment", "frontend");
    await this.mesh.kubectl("-n", this.name, "rollout", "status", "deployment", "frontend");
    await this.mesh.ready(this.name);
    const isAlone = async () => (await this.mesh.pods(this.name, {app: "frontend"})).length === 1;
    await until(isAlone, {what: "the frontend's old pod is gone"});
    await this.#untilServed();
  }

  lane(name: string) {
    return laneObject(this.name, name, {cart: "cart--ann"});
  }

  /** @param entry what is to differ from one gateway where anyone may ask */
  group(routing: string, entry: object = {}) {
    return groupObject(this.name, {
      services: ["frontend", "cart"],
      routing,
      entry: {
        gateways: ["istio-ingress/public"],
        hosts: [this.host],
        lane: [{header: "x-swimlane", anyone: true}],
        ...entry,
      },
    });
  }

  /** One that asks for `lane`, or of no lane. */
  request(lane?: string, header = "x-swimlane") {
    return {host: this.host, ...(lane === undefined ? {} : {headers: {[header]: lane}})};
  }

  /** Loads the shop while something happens: half of the requests ask for lane ann, the others for none. */
  during<Happened>(what: string, happens: () => Promise<Happened>): Promise<Loaded<Happened>> {
    return this.underLoad(what, [this.request("ann"), this.request()], happens);
  }

  /**
   * Sends the requests by turns while something happens, from when the mesh keeps up with them until it does so again.
   * Rejects where the load did not reach its rate, as then it says nothing.
   * @param what for the line that says how it went
   */
  async underLoad<Happened>(
    what: string,
    requests: readonly ReturnType<typeof this.request>[],
    happens: () => Promise<Happened>,
  ): Promise<Loaded<Happened>> {
    const load = await this.mesh.steadyLoad(RATE, ...requests);
    let happened: Happened;
    let result: SteadyResult;
    try {
      await until(async () => (await load.progress()).sent > 2 * RATE, {what: "the load runs"});
      happened = await happens();
      await until(async () => (await load.progress()).waiting <= RATE / 20, {what: "the mesh keeps up again"});
    } finally {
      result = await load.stop();
      report(what, result);
    }
    requireRate(result);
    return {...result, happened};
  }

  /** Resolves when requests of lane ann go to these workloads. */
  async untilAnnGoes(way: "cart" | "cart--ann"): Promise<void> {
    const goes = async () => (await this.mesh.request(this.request("ann"))).workloads["cart"] === way;
    await until(goes, {what: `lane ann goes to ${way}`, everyMs: 20});
  }

  /** @throws Error where a request of this lane is not in it right now */
  async requireIn(lane: string): Promise<void> {
    const {path} = await this.mesh.request(this.request(lane));
    if (!path.includes("cart--ann")) throw new Error(`a request of lane ${lane} went ${path}`);
  }

  lanePod(): Promise<PodView> {
    return this.mesh.pod(this.name, {app: "cart--ann"});
  }

  async scale(workload: string, replicas: number): Promise<void> {
    await this.mesh.kubectl("-n", this.name, "scale", "deployment", workload, `--replicas=${replicas}`);
    await this.mesh.ready(this.name);
  }

  apply(...objects: Parameters<typeof applyLanes>[1][]): Promise<string> {
    return applyLanes(this.mesh, ...objects);
  }

  async end(): Promise<void> {
    await deleteLanes(this.mesh, this.ann, this.group("native"));
    await this.mesh.removeNamespace(this.name);
  }
}

/** Those that were on their way at some moment between the two, in milliseconds since the epoch. */
export function onTheWay(failed: readonly FailedRequest[], from: number, to: number): FailedRequest[] {
  return failed.filter(({sentAt, endedAt}) => sentAt <= to && endedAt >= from);
}

/** @throws Error where fewer requests a second were answered than were to be sent */
function requireRate({perSecond}: SteadyResult): void {
  if (perSecond < 0.95 * RATE) throw new Error(`the load reached ${perSecond} of ${RATE} requests a second`);
}

/** The ways that requests of lane ann went, and those of no lane. */
export function waysOf({ways}: SteadyResult): {readonly ann: readonly string[]; readonly none: readonly string[]} {
  return {ann: Object.keys(ways.at(0)!).sort(), none: Object.keys(ways.at(-1)!).sort()};
}

/** One line for who reads the run. */
function report(what: string, result: SteadyResult): void {
  const {sent, perSecond, failed, ways, ms} = result;
  const said = [...new Set(failed.map(({status, said: text}) => `${status} ${text}`))].slice(0, 3).join("; ");
  const counts = ways.map((way) => Object.entries(way).map(([name, count]) => `${name}: ${count}`));
  process.stderr.write(
    `${what}: ${failed.length} of ${sent} failed${said === "" ? "" : ` (${said})`} at ${perSecond}/s; ` +
      `${counts.map((each) => each.join(", ")).join(" | ")}; p50 ${ms.p50} ms, p99 ${ms.p99} ms, most ${ms.most} ms\n`,
  );
}
