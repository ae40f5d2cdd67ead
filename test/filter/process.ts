/** A value of shared data: a byte string and the number that `cas` compares. */
interface Shared {
  value: string;
  cas: number;
}

/** What all workers of one proxy have in common: the clock, the random source, shared data and metrics. */
export class Process {
  /** Nanoseconds since 1970. */
  now = 1_700_000_000_000_000_000n;
  readonly shared = new Map<string, Shared>();
  readonly metrics: {type: number; name: string; value: bigint}[] = [];
  #cas = 0;
  #random: number;

  constructor(seed = 1) {
    this.#random = seed;
  }

  /** Moves the clock on. */
  pass(seconds: number): void {
    this.now += BigInt(Math.round(seconds * 1e9));
  }

  /** False when `cas` is not zero and another write came between. */
  write(key: string, value: string, cas: number): boolean {
    const held = this.shared.get(key);
    if (held && cas !== 0 && cas !== held.cas) return false;
    this.#cas += 1;
    this.shared.set(key, {value, cas: this.#cas});
    return true;
  }

  /** One byte of a fixed sequence (xorshift32), so that a test can be run again. */
  randomByte(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    return this.#random & 0xff;
  }
}
