interface Entry {
  /** Undefined: ambiguous. */
  lane: string | undefined;
  /** Seconds since 1970. */
  expiry: number;
}

/** What the trace table comes to while no slot is full. */
export class Table {
  #entries = new Map<string, Entry>();
  readonly #ttl: number;

  constructor(ttl: number) {
    this.#ttl = ttl;
  }

  /** A request with these ids came in a lane, or without context (undefined). */
  arrive(ids: readonly string[], lane: string | undefined, now: number): void {
    for (const id of ids) {
      const held = this.#held(id, now);
      // The baseline is never stored: without context an id matters only where a lane holds it.
      if (!held && lane === undefined) continue;
      const same = !held || held.lane === lane;
      this.#entries.set(id, {lane: same ? lane : undefined, expiry: now + this.#ttl});
    }
  }

  /** The lane on which all ids that give one agree. */
  lane(ids: readonly string[], now: number): string | undefined {
    const lanes = new Set(ids.flatMap((id) => this.#held(id, now)?.lane ?? []));
    return lanes.size === 1 ? [...lanes][0] : undefined;
  }

  #held(id: string, now: number): Entry | undefined {
    const entry = this.#entries.get(id);
    return entry && entry.expiry > now ? entry : undefined;
  }
}
