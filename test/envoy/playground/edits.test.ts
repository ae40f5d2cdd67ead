/** One mesh of the sample shop, whose files are edited while it runs. The tests build on one another. */
import {afterAll, beforeAll, describe, expect, test} from "vitest";
import {freePorts} from "../../../manager/playground/free-ports.ts";
import {PlaygroundProcess} from "./rig/cli.ts";
import {failures, startLoad} from "./rig/load.ts";
import {type EchoStream, openGrpc, openWebSocket} from "./rig/streams.ts";
import {type Ask, asUser, inLane, visit, type Visit} from "./rig/visit.ts";

const process = PlaygroundProcess.sample();
let port = 0;
const go = (ask: Ask): Promise<Visit> => visit(port, "frontend", ask);

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  process.edit("playground.yaml", (text) => text.replace("spec:\n", `spec:\n  edge: {port: ${port}}\n`));
  await process.start(["-f", "shop.yaml", "-f", "playground.yaml"]);
  await process.line(/changes are taken at once/);
});
afterAll(() => process.remove());

/** Visits until it is so: a workload that has just been started is ready a little later. */
async function eventually(ask: Ask, isSo: (visit: Visit) => boolean): Promise<Visit> {
  const end = performance.now() + 10_000;
  for (;;) {
    const made = await go(ask);
    if (isSo(made) || performance.now() > end) return made;
  }
}

const addLane = (name: string, spec: string): void =>
  process.edit(
    "shop.yaml",
    (text) =>
      `${text}\n---\napiVersion: meshlane.dev/v1alpha1\nkind: SwimLane\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n`,
  );

test("eve reaches her warehouse once inventory forwards traceparent, and its restart loses no request", async () => {
  expect((await go(inLane("eve"))).at("warehouse")).toBe("warehouse");
  const load = startLoad(port, [inLane("eve"), inLane("ann"), asUser("u1"), asUser("u2")]);
  await load.answered(20);
  await process.change(() =>
    process.edit("playground.yaml", (text) =>
      text.replace(
        "name: inventory, calls: [warehouse],",
        "name: inventory, calls: [warehouse], forwards: [traceparent],",
      ),
    ),
  );
  const eve = await eventually(inLane("eve"), ({path}) => path.some(({workload}) => workload === "warehouse--eve"));
  expect(eve.path.find(({service}) => service === "warehouse")).toEqual({
    service: "warehouse",
    lane: "eve",
    workload: "warehouse--eve",
    carrier: "trace",
  });
  await load.answered(20);
  expect(failures(await load.stop())).toEqual([]);
});

describe("streams of workloads that stay, and constant load", () => {
  let streams: EchoStream[];
  let sent = 0;
  const allEcho = async (): Promise<void> => {
    const message = `message ${sent++}`;
    expect(await Promise.all(streams.map((stream) => stream.echo(message)))).toEqual(streams.map(() => message));
  };
  beforeAll(async () => {
    streams = await Promise.all([
      openWebSocket(port),
      openWebSocket(port, {"x-swimlane": "ann"}),
      openGrpc(port),
      openGrpc(port, {"x-swimlane": "ann"}),
    ]);
    await allEcho();
  });
  afterAll(() => streams.forEach((stream) => stream.close()));

  test("no request is lost while a lane is added, changed and removed", async () => {
    const load = startLoad(port, [inLane("ann"), inLane("zoe"), inLane("bob"), asUser("u1")]);
    await load.answered(25);
    const before = process.read("shop.yaml");

    await process.change(() => addLane("zoe", "{services: [{name: ledger, to: ledger--team-a}]}"));
    expect((await go(inLane("zoe"))).at("ledger")).toBe("ledger--team-a");
    await load.answered(25);

    const change = (text: string): string =>
      text.replace("{name: ledger, to: ledger--team-a}]}", "{name: cart, to: cart--ann}]}");
    await process.change(() => process.edit("shop.yaml", change));
    const changed = await go(inLane("zoe"));
    expect([changed.at("cart"), changed.at("ledger")]).toEqual(["cart--ann", "ledger"]);
    await load.answered(25);

    await process.change(() => process.write("shop.yaml", before));
    expect((await go(inLane("zoe"))).at("cart")).toBe("cart-v1");
    await load.answered(25);

    const answers = await load.stop();
    expect(answers.length).toBeGreaterThan(100);
    expect(failures(answers)).toEqual([]);
    await allEcho();
  });

  test("no request is lost while workloads come and go; a lane of a new workload is reached", async () => {
    const load = startLoad(port, [inLane("ann"), inLane("zoe"), inLane("zoe"), asUser("u1")]);
    await load.answered(20);
    const shop = process.read("playground.yaml");
    await process.change(() => process.write("playground.yaml", `${shop}    - {name: ledger--zoe}\n`));
    await process.change(() => addLane("zoe", "{services: [{name: ledger, to: ledger--zoe}]}"));
    const reached = await eventually(inLane("zoe"), (visit) => visit.at("ledger") === "ledger--zoe");
    expect(reached.at("ledger")).toBe("ledger--zoe");
    await load.answered(25);

    const pid = process.applicationOf("ledger--zoe");
    const lanes = process.read("shop.yaml");
    await process.change(() => process.write("shop.yaml", lanes.slice(0, lanes.lastIndexOf("\n---\n"))));
    await process.change(() => process.write("playground.yaml", shop));
    expect((await go(inLane("zoe"))).at("ledger")).toBe("ledger");
    await load.answered(25);
    expect(failures(await load.stop())).toEqual([]);
    expect(process.pids()).not.toContain(pid);
    await allEcho();
  });

  test("a lane by labels that is removed and put back is reached again, and no request is lost", async () => {
    const load = startLoad(port, [asUser("u1"), inLane("ann")]);
    const lanes = process.read("shop.yaml");
    const documents = lanes.split("\n---\n");
    const others = documents.filter((document) => !/^metadata: \{name: next\b/m.test(document));
    expect(others.length).toBe(documents.length - 1);
    await process.change(() => process.write("shop.yaml", others.join("\n---\n")));
    expect((await go(asUser("u1"))).at("cart")).toBe("cart-v1");
    await process.change(() => process.write("shop.yaml", lanes));
    expect((await go(asUser("u1"))).at("cart")).toBe("cart-v2");
    await load.answered(10);
    expect(failures(await load.stop())).toEqual([]);
    await allEcho();
  });

  test("no request is lost while a baseline workload gets another name", async () => {
    const load = startLoad(port, [inLane("bob"), inLane("eve"), asUser("u2")]);
    const shop = process.read("playground.yaml");
    await process.change(() =>
      process.edit("playground.yaml", (text) => text.replace("name: cart-v1,", "name: cart-one,")),
    );
    expect((await go(inLane("bob"))).at("cart")).toBe("cart-one");
    await load.answered(10);
    await process.change(() => process.write("playground.yaml", shop));
    expect((await go(inLane("bob"))).at("cart")).toBe("cart-v1");
    await load.answered(10);
    expect(failures(await load.stop())).toEqual([]);
  });

  test("a file that holds the shop and is empty for a moment changes nothing", async () => {
    const shop = process.read("playground.yaml");
    await process.change(() => process.write("playground.yaml", ""), /^not taken; what ran before goes on/);
    expect((await go(inLane("ann"))).at("cart")).toBe("cart--ann");
    await process.change(() => process.write("playground.yaml", shop));
    await allEcho();
  });

  test("an edit with errors is refused with each of them, and what ran goes on", async () => {
    const good = process.read("shop.yaml");
    const load = startLoad(port, [inLane("ann"), asUser("u1")]);
    await load.answered(10);
    const from = process.lines.length;
    const bad = good.replace("weight: 20", "weight: 200").replace("fallback: [team-a]", "fallback: [team-b]");
    await process.change(() => process.write("shop.yaml", bad), /^not taken; what ran before goes on/);
    const said = process.lines.slice(from).join("\n");
    expect(said).toMatch(/^lane bob: .*"team-b".*shop\.yaml:\d+$/m);
    expect(said).toMatch(/^lane next: spec\.weight must be 0\.\.100.*shop\.yaml:\d+$/m);
    expect((await go(inLane("ann"))).at("cart")).toBe("cart--ann");
    await load.answered(10);
    await process.change(() => process.write("shop.yaml", good));
    expect(failures(await load.stop())).toEqual([]);
    await allEcho();
  });

  const USERS = 100;
  const AT_ONCE = 4;

  /** Of each user, whether next has him. */
  async function users(): Promise<boolean[]> {
    const visits: Visit[] = [];
    while (visits.length < USERS) {
      const batch = Array.from({length: AT_ONCE}, (_, index) => go(asUser(`user-${visits.length + index}`)));
      visits.push(...(await Promise.all(batch)));
    }
    return visits.map((made) => {
      const next = made.path[0]?.lane === "next";
      const services = [made.at("cart"), made.at("payment")];
      expect(services).toEqual(next ? ["cart-v2", "payment-v2"] : ["cart-v1", "payment-v1"]);
      return next;
    });
  }

  test("a weight raised from 20 to 30 moves users of the baseline only, and the same user stays where he was", async () => {
    const before = await users();
    expect(await users()).toEqual(before);
    const load = startLoad(port, [asUser("u1"), asUser("u2")]);
    await process.change(() => process.edit("shop.yaml", (text) => text.replace("weight: 20", "weight: 30")));
    const after = await users();
    expect(failures(await load.stop())).toEqual([]);
    expect(after.filter((next, user) => before[user] && !next)).toEqual([]);
    const moved = after.filter((next, user) => next && !before[user]).length;
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(USERS * 0.2);
    const lock = JSON.parse(process.read("meshlane.lock")) as {groups: Record<string, {next: [number, number][]}>};
    expect(lock.groups["shop/shop"]?.next).toEqual([[0, 3000]]);
    await allEcho();
  });
});

test("while ledger of team-a is not ready, bob's ledger is the baseline's, no request is lost, and then it is used again", async () => {
  const load = startLoad(port, [inLane("bob"), inLane("bob"), inLane("team-a"), inLane("ann")]);
  const ledger = (wanted: string) => (visit: Visit) => visit.at("ledger") === wanted;
  expect((await go(inLane("bob"))).at("ledger")).toBe("ledger--team-a");
  const pid = process.applicationOf("ledger--team-a");
  globalThis.process.kill(pid, "SIGUSR2");
  expect((await eventually(inLane("bob"), ledger("ledger"))).at("ledger")).toBe("ledger");
  await load.answered(25);
  globalThis.process.kill(pid, "SIGUSR2");
  expect((await eventually(inLane("bob"), ledger("ledger--team-a"))).at("payment")).toBe("payment--bob");
  await load.answered(25);
  expect(failures(await load.stop())).toEqual([]);
});

test("what was printed: the paths, where a lane was lost, lines to paste; Ctrl-C leaves nothing", async () => {
  expect(process.left.processes).toBeGreaterThan(20);
  process.kill("SIGINT");
  const {code, stdout} = await process.output;
  expect(code).toBe(0);
  expect(stdout).toMatch(/cart--ann +ann +trace/);
  expect(stdout).toContain("eve lost at inventory: it forwards no trace header");
  expect(stdout).toContain(`curl -s http://eve.shop.localhost:${port}/   # eve`);
  expect(await process.gone(20_000)).toEqual({processes: 0, folders: []});
});
