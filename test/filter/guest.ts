import {AbiError} from "./abi-error.ts";
import type {Vm} from "./host.ts";

/** The module's memory as the host may use it: checked pointers, and writes only into what its allocator gave. */
export class Guest {
  readonly memory: WebAssembly.Memory;
  #vm: Vm;
  #allocator: (size: number) => number;
  #bytes: Buffer;

  constructor(vm: Vm, exports: Record<string, unknown>, allocator: string) {
    this.#vm = vm;
    this.memory = exports["memory"] as WebAssembly.Memory;
    this.#allocator = exports[allocator] as (size: number) => number;
    this.#bytes = Buffer.from(this.memory.buffer);
  }

  /** Bytes of memory the module has. */
  size(): number {
    return this.memory.buffer.byteLength;
  }

  read(pointer: number, size: number): string {
    const at = this.#range(pointer, size);
    return this.#view().toString("latin1", at, at + (size >>> 0));
  }

  writeByte(pointer: number, value: number): void {
    const at = this.#range(pointer, 1);
    this.#view()[at] = value;
  }

  writeWord(pointer: number, value: number): void {
    const at = this.#range(pointer, 4);
    this.#view().writeUInt32LE(value >>> 0, at);
  }

  writeLong(pointer: number, value: bigint): void {
    const at = this.#range(pointer, 8);
    this.#view().writeBigUInt64LE(value, at);
  }

  /** Hands a value to the module; false when its allocator has no room. An empty value is (0, 0). */
  hand(value: string | Buffer, pointerTo: number, sizeTo: number): boolean {
    this.#range(pointerTo, 4);
    this.#range(sizeTo, 4);
    let pointer = 0;
    if (value.length > 0) {
      pointer = this.allocate(value.length);
      if (pointer === 0) return false;
      const view = this.#view();
      if (typeof value === "string") view.write(value, pointer, "latin1");
      else value.copy(view, pointer);
    }
    this.writeWord(pointerTo, pointer);
    this.writeWord(sizeTo, value.length);
    return true;
  }

  /** The address of so many bytes from the module's allocator, 0 when it has no room. */
  allocate(size: number): number {
    this.#vm.restricted = true;
    const pointer = this.#allocator(size) >>> 0;
    this.#vm.restricted = false;
    if (pointer !== 0) this.#range(pointer, size);
    return pointer;
  }

  #range(pointer: number, size: number): number {
    const from = pointer >>> 0;
    const to = from + (size >>> 0);
    if (to > this.memory.buffer.byteLength)
      throw new AbiError(`pointer out of range: ${from}..${to} of ${this.size()}`);
    return from;
  }

  #view(): Buffer {
    // A memory that has grown has a new buffer; the old one is detached.
    if (this.#bytes.buffer !== this.memory.buffer) this.#bytes = Buffer.from(this.memory.buffer);
    return this.#bytes;
  }
}
