// The part of the WebAssembly API that the test host uses; the Node typings leave it to the DOM library.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): {module: string; name: string; kind: string}[];
    static exports(module: Module): {name: string; kind: string}[];
  }
  class Memory {
    constructor(descriptor: {initial: number; maximum?: number});
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
}
