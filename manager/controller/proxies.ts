import {setTimeout as sleep} from "node:timers/promises";
import type {Api} from "../cluster/api.ts";
import {ClusterError} from "../cluster/failure.ts";
import {Istiods, type Proxy} from "../cluster/istiod.ts";
import type {KubernetesObject} from "../model/kubernetes.ts";
import {fingerprint, isRead, judge, lastOfEach, type Verdict, type Written} from "./taken.ts";

export interface ProxyOptions {
  /** Where istiod runs. */
  readonly istioNamespace: string;
  /** How long to wait where istiod cannot be asked, in milliseconds. */
  readonly settleMs: number;
  /** How long to wait for the proxies at most, in milliseconds, all waits together. */
  readonly timeoutMs: number;
  readonly progress: (line: string) => void;
  /** Namespaces whose proxies must have it even where nothing was written; by default those of all objects of ours. */
  readonly namespaces?: readonly string[];
}

const pollMs = 100;
/** Between istiod's having read an object and its telling itself that there is something to push. */
const handlingMs = 200;

/**
 * Knows when the proxies have what was written (docs/decisions/0012). Is made before the first change, as it compares with
 * what istiod had sent until then.
 */
export class ProxyWatch {
  readonly #istiods: Istiods | undefined;
  #before: readonly Proxy[];
  readonly #options: ProxyOptions;
  readonly #end: number;
  /** Why istiod cannot be asked. */
  readonly blind: string | undefined;

  private constructor(options: ProxyOptions, istiods: Istiods | undefined, before: readonly Proxy[], blind?: string) {
    this.#options = options;
    this.#end = Date.now() + options.timeoutMs;
    this.#istiods = istiods;
    this.#before = before;
    this.blind = blind;
  }

  static async open(api: Api, options: ProxyOptions): Promise<ProxyWatch> {
    try {
      const found = await Istiods.find(api, options.istioNamespace);
      if (!(found instanceof Istiods)) return new ProxyWatch(options, undefined, [], found.reason);
      return new ProxyWatch(options, found, await found.proxies());
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      return new ProxyWatch(options, undefined, [], error.message);
    }
  }

  /**
   * Returns when every proxy has all that was written since the last call, or, where istiod cannot be asked, after a fixed time.
   * @param standing objects that were there before, perhaps for a moment only: a pass may have ended before it waited
   * @throws ClusterError Timeout that names the proxies that have not, or where istiod never paused; Other where proxies refuse what they were sent
   */
  async taken(all: readonly Written[], standing: readonly KubernetesObject[] = []): Promise<void> {
    const written = lastOfEach(all);
    const istiods = this.#istiods;
    if (istiods === undefined) {
      const seconds = this.#options.settleMs / 1000;
      this.#options.progress(`istiod cannot be asked (${this.blind}): waiting ${seconds} s for the proxies instead`);
      await sleep(this.#options.settleMs);
      return;
    }
    await this.#read(istiods, lastOfEach([...standing.map((put) => ({put})), ...written]));
    const ours = standing.flatMap(({metadata: {namespace}}) => namespace ?? []);
    // What was written decides; where nothing was, something of an earlier pass may be on its way.
    const namespaces = this.#options.namespaces ?? (written.length > 0 ? [] : ours);
    await this.#settled(istiods, written, namespaces);
  }

  async #read(istiods: Istiods, written: readonly Written[]): Promise<void> {
    for (;;) {
      if ((await istiods.objects()).every((objects) => isRead(written, objects))) return;
      if (Date.now() > this.#end)
        throw new ClusterError("Timeout", "istiod has not read the changes in time: is it well?");
      await sleep(pollMs);
    }
  }

  /** Everything is sent and answered, and for longer than istiod waits with a change nothing more was sent. */
  async #settled(istiods: Istiods, written: readonly Written[], namespaces: readonly string[]): Promise<void> {
    const quietMs = istiods.debounceMs + handlingMs;
    const patience = Math.min(this.#end, Date.now() + this.#options.settleMs);
    const began = Date.now();
    let since = began;
    let last = "";
    for (;;) {
      const now = await istiods.proxies();
      const verdict = judge(written, this.#before, now, namespaces);
      const print = fingerprint(now);
      if (print !== last || verdict.waiting.length > 0) since = Date.now();
      last = print;
      const isOver = Date.now() > this.#end;
      const {late, waiting} = verdict;
      if (isOver && waiting.length > 0) {
        throw new ClusterError("Timeout", `${waiting.length} proxies have not taken the changes: ${some(waiting)}`);
      }
      const isQuiet = waiting.length === 0 && Date.now() - since >= quietMs;
      const nobodyLate = late.elsewhere.length === 0 && (late.since.length === 0 || Date.now() > patience);
      // Who begins to wait when the time is up has not yet seen a pause, though there may be one.
      const neverQuiet = Date.now() > Math.max(this.#end, began) + 2 * quietMs;
      if (isQuiet && (nobodyLate || isOver)) {
        this.#conclude(verdict);
        this.#before = now;
        return;
      }
      // Every proxy has answered, but perhaps to something else.
      if (neverQuiet) {
        throw new ClusterError(
          "Timeout",
          "istiod never paused in the time that there was, so it is not known whether the proxies have the changes. Wait longer",
        );
      }
      await sleep(pollMs);
    }
  }

  /** What is wrong with proxies that the changes do not concern is said, and no failure. */
  #conclude({late, refused, unrelated}: Verdict): void {
    const {progress} = this.#options;
    const silent = [...late.elsewhere, ...late.since];
    if (silent.length > 0) progress(`warning: ${silent.length} proxies give istiod no answer: ${some(silent)}`);
    const others = `refuse what istiod sends, but not because of these changes: ${some(unrelated)}`;
    if (unrelated.length > 0) progress(`warning: proxies ${others}`);
    if (refused.length > 0) throw new ClusterError("Other", `proxies refuse what istiod sends: ${some(refused)}`);
  }
}

function some(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}
