/** A header; both sides are byte strings (one character a byte), the name is in lower case. */
export type Header = readonly [name: string, value: string];

/** Headers as Envoy keeps them: in order, duplicates allowed, names compared without case. */
export class HeaderMap {
  #list: Header[];

  constructor(headers: readonly Header[]) {
    this.#list = headers.map(([name, value]) => [name.toLowerCase(), value]);
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    const key = name.toLowerCase();
    for (const header of this.#list) if (header[0] === key) return header[1];
    return undefined;
  }

  all(name: string): string[] {
    const key = name.toLowerCase();
    return this.#list.filter((header) => header[0] === key).map((header) => header[1]);
  }

  add(name: string, value: string): void {
    this.#list.push([name.toLowerCase(), value]);
  }

  remove(name: string): void {
    const key = name.toLowerCase();
    this.#list = this.#list.filter((header) => header[0] !== key);
  }

  /** Removes all of that name and adds one, at the end as Envoy does. */
  replace(name: string, value: string): void {
    this.remove(name);
    this.add(name, value);
  }

  list(): readonly Header[] {
    return this.#list;
  }

  /** The proxy-wasm form: count, then the lengths of each pair (u32), then name NUL value NUL for each. */
  serialise(): Buffer {
    let size = 4;
    for (const [name, value] of this.#list) size += 10 + name.length + value.length;
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32LE(this.#list.length, 0);
    let lengths = 4;
    let at = 4 + this.#list.length * 8;
    for (const [name, value] of this.#list) {
      bytes.writeUInt32LE(name.length, lengths);
      bytes.writeUInt32LE(value.length, lengths + 4);
      lengths += 8;
      at += bytes.write(name, at, "latin1") + 1;
      at += bytes.write(value, at, "latin1") + 1;
    }
    return bytes;
  }
}
