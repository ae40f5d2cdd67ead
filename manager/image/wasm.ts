/** What a WebAssembly module asks of its host, and what it offers. */
export interface Interface {
  readonly imports: readonly {readonly module: string; readonly name: string; readonly kind: string}[];
  readonly exports: readonly {readonly name: string; readonly kind: string}[];
}

/** The part of WebAssembly's JavaScript interface that is used here; Node's types leave it out. */
interface Engine {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): Interface["imports"];
    exports(module: object): Interface["exports"];
  };
}

const {Module} = (globalThis as unknown as {WebAssembly: Engine}).WebAssembly;

/** @throws Error for bytes that are no valid module */
export function interfaceOf(bytes: Uint8Array): Interface {
  try {
    const module = new Module(bytes);
    return {imports: Module.imports(module), exports: Module.exports(module)};
  } catch (error) {
    throw new Error(`this is no WebAssembly module: ${(error as Error).message}`, {cause: error});
  }
}

const abiExport = /^proxy_abi_version_(\d+)_(\d+)_(\d+)$/;

/** The version of proxy-wasm that the module says it is for, like `0.2.1`: Envoy reads it from the name of an export. */
export function abiOf({exports}: Interface): string | undefined {
  const versions = exports.map(({name}) => abiExport.exec(name)).filter((match) => match !== null);
  return versions[0]?.slice(1).join(".");
}
