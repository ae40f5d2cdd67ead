import {afterAll, beforeAll, describe, expect, test} from "vitest";
import type {FailedRequest, PodView, SteadyResult} from "../client/index.ts";
import {until} from "../until.ts";
import {BASELINE, IN_LANE, type Loaded, LoadShop, onTheWay, waysOf} from "./rig.ts";

let shop: LoadShop;
beforeAll(async () => {
  shop = await LoadShop.start("load-pods");
});
afterAll(() => shop?.end());

/** When a process was killed: from before the signal until nothing of it is left, in milliseconds since the epoch. */
interface Killed {
  readonly from: number;
  readonly to: number;
}

async function kill(container: "app" | "istio-proxy"): Promise<Killed> {
  const pod = await shop.lanePod();
  const from = Date.now();
  shop.mesh.kill(pod, container);
  await until(() => isGone(pod.pids[container]!), {what: `${container} is gone`, everyMs: 1});
  const to = Date.now();
  await until(async () => isRestarted(container, pod), {what: `${container} runs again`});
  return {from, to};
}

async function isRestarted(container: string, before: PodView): Promise<boolean> {
  const {pids} = await shop.lanePod();
  return pids[container] !== undefined && pids[container] !== before.pids[container];
}

function isGone(group: number): boolean {
  try {
    process.kill(-group, 0);
    return false;
  } catch {
    return true;
  }
}

describe.each(["native", "routes"] as const)("routing: %s, 500 requests/s:", (routing) => {
  beforeAll(() => shop.apply(shop.group(routing), shop.ann));

  /** Routes go where pods are ready when they are written. */
  const follow = async () => void (routing === "routes" && (await shop.apply(shop.group(routing))));

  /** Loads the shop while something happens to the lane's pod, until the lane has it back. */
  function during<Happened>(what: string, happens: () => Promise<Happened>): Promise<Loaded<Happened>> {
    return shop.during(`${routing}: lane pod ${what}`, async () => {
      const happened = await happens();
      await shop.mesh.ready(shop.name);
      await follow();
      await shop.untilAnnGoes("cart--ann");
      return happened;
    });
  }

  /** Failed requests that should not have: what is not in the lane never notices, and natively nobody does. */
  function lost({failed}: SteadyResult): FailedRequest[] {
    return failed.filter(({turn}) => turn === 1 || routing === "native");
  }

  test("a lane's pod that becomes unready, and ready again, costs natively no request", async () => {
    const result = await during("unready and ready again", async () => {
      const pod = await shop.lanePod();
      shop.mesh.kill(pod, "app", "SIGUSR2");
      if (routing === "native") await shop.untilAnnGoes("cart");
      else await untilReadyEndpoints(0);
      await follow();
      await shop.untilAnnGoes("cart");
      shop.mesh.kill(pod, "app", "SIGUSR2");
      await untilReadyEndpoints(1);
    });
    expect(lost(result)).toEqual([]);
    expect(waysOf(result)).toEqual({ann: [BASELINE, IN_LANE], none: [BASELINE]});
  });

  test("a lane's pod that is restarted costs natively no request", async () => {
    const result = await during("restarted", () =>
      shop.mesh.kubectl("-n", shop.name, "delete", "pod", "-l", "app=cart--ann"),
    );
    expect(lost(result)).toEqual([]);
    // By routes nothing has been applied meanwhile: what found no pod has failed.
    const ann = routing === "native" ? [BASELINE, IN_LANE] : [IN_LANE];
    expect(waysOf(result)).toEqual({ann, none: [BASELINE]});
  });

  test("a lane that is scaled to 0 and back costs natively no request", async () => {
    const result = await during("scaled to 0 and back", async () => {
      await shop.scale("cart--ann", 0);
      await follow();
      await shop.untilAnnGoes("cart");
      await shop.scale("cart--ann", 1);
    });
    expect(lost(result)).toEqual([]);
    expect(waysOf(result)).toEqual({ann: [BASELINE, IN_LANE], none: [BASELINE]});
  });

  test.each(["app", "istio-proxy"] as const)(
    "%s of a lane's pod killed costs natively only what was on its way to it",
    async (container) => {
      const result = await during(`${container} killed`, () => kill(container));
      const {from, to} = result.happened;
      const excused = new Set(onTheWay(result.failed, from, to));
      process.stderr.write(`  ${excused.size} of the failed were on their way when it was killed\n`);
      expect(lost(result).filter((request) => !excused.has(request))).toEqual([]);
    },
  );

  function untilReadyEndpoints(count: number): Promise<unknown> {
    const [service, path] = [
      "kubernetes.io/service-name=cart--ann",
      "jsonpath={.items[*].endpoints[*].conditions.ready}",
    ];
    const ask = () => shop.mesh.kubectl("-n", shop.name, "get", "endpointslices", "-l", service, "-o", path);
    const ready = (told: string): number => told.split(" ").filter((each) => each === "true").length;
    return until(async () => ready(await ask()) === count, {what: `${count} endpoints of cart--ann are ready`});
  }
});
