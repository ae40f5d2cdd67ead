import {AbiError} from "./abi-error.ts";
import type {HeaderMap} from "./headers.ts";
import type {Vm} from "./host.ts";
import {Root} from "./root.ts";
import {Stream} from "./stream.ts";

/** The statuses of proxy-wasm that these calls return. */
const Status = {
  ok: 0,
  notFound: 1,
  badArgument: 2,
  invalidMemoryAccess: 6,
  empty: 7,
  casMismatch: 8,
  internalFailure: 10,
  unimplemented: 12,
} as const;

const REQUEST = 0;
const RESPONSE = 2;
const PLUGIN_CONFIGURATION = 7;
const VM_CONFIGURATION = 6;

/** Allowed while the module starts or allocates (`setRestrictedCallback` of the cpp-host). */
const UNRESTRICTED = new Set(["proxy_log", "random_get", "clock_time_get"]);

type Call = (...args: number[]) => number;

/** The imports that Envoy offers and that a module of ours may use, by name space and name. */
export function imports(vm: Vm): Record<string, Record<string, unknown>> {
  return {
    env: guarded(vm, {
      ...logging(vm),
      ...values(vm),
      ...sharedData(vm),
      ...headerMaps(vm),
      ...contexts(vm),
      ...metrics(vm),
    }),
    wasi_snapshot_preview1: guarded(vm, wasi(vm)),
  };
}

function guarded(vm: Vm, calls: Record<string, Call>): Record<string, unknown> {
  const entries = Object.entries(calls).map(([name, call]) => {
    const free = UNRESTRICTED.has(name);
    const checked = (a: number, b: number, c: number, d: number, e: number): number => {
      const fault = vm.enter(name);
      if (vm.restricted && !free) throw new AbiError(`${name}: not allowed while the module starts or allocates`);
      return fault ?? call(a, b, c, d, e);
    };
    return [name, checked];
  });
  return Object.fromEntries(entries);
}

function active(vm: Vm, name: string): Root | Stream {
  const context = vm.effective ?? vm.current;
  if (!context) throw new AbiError(`${name}: no context is active`);
  return context;
}

function given(done: boolean): number {
  return done ? Status.ok : Status.invalidMemoryAccess;
}

function logging(vm: Vm): Record<string, Call> {
  return {
    proxy_log: (level = 0, at = 0, size = 0) => {
      if (level > 5) return Status.badArgument;
      vm.logs.push({level, context: vm.current?.id ?? 0, text: vm.guest.read(at, size)});
      return Status.ok;
    },
    proxy_get_log_level: (to = 0) => {
      vm.guest.writeWord(to, 2);
      return Status.ok;
    },
  };
}

function values(vm: Vm): Record<string, Call> {
  return {
    proxy_get_property: (at = 0, size = 0, pointerTo = 0, sizeTo = 0) => {
      const context = active(vm, "proxy_get_property");
      const value = property(context, vm.guest.read(at, size));
      return value === undefined ? Status.notFound : given(vm.guest.hand(value, pointerTo, sizeTo));
    },
    proxy_get_buffer_bytes: (type = 0, start = 0, length = 0, pointerTo = 0, sizeTo = 0) => {
      const context = active(vm, "proxy_get_buffer_bytes");
      if (type === VM_CONFIGURATION) return given(vm.guest.hand("", pointerTo, sizeTo));
      if (type !== PLUGIN_CONFIGURATION || !(context instanceof Root) || !context.configuring) {
        throw new AbiError(`proxy_get_buffer_bytes: buffer ${type} is not there now`);
      }
      const from = start >>> 0;
      return given(vm.guest.hand(context.configuration.subarray(from, from + (length >>> 0)), pointerTo, sizeTo));
    },
    proxy_get_current_time_nanoseconds: (to = 0) => {
      vm.guest.writeLong(to, vm.process.now);
      return Status.ok;
    },
  };
}

function property(context: Root | Stream, path: string): string | undefined {
  return context.properties[path] ?? (context instanceof Stream ? context.root.properties[path] : undefined);
}

function sharedData(vm: Vm): Record<string, Call> {
  return {
    proxy_get_shared_data: (at = 0, size = 0, pointerTo = 0, sizeTo = 0, casTo = 0) => {
      active(vm, "proxy_get_shared_data");
      const held = vm.process.shared.get(vm.guest.read(at, size));
      if (!held) return Status.notFound;
      if (!vm.guest.hand(held.value, pointerTo, sizeTo)) return Status.invalidMemoryAccess;
      vm.guest.writeWord(casTo, held.cas);
      return Status.ok;
    },
    proxy_set_shared_data: (at = 0, size = 0, valueAt = 0, valueSize = 0, cas = 0) => {
      active(vm, "proxy_set_shared_data");
      const key = vm.guest.read(at, size);
      const value = vm.guest.read(valueAt, valueSize);
      return vm.process.write(key, value, cas >>> 0) ? Status.ok : Status.casMismatch;
    },
  };
}

function headerMaps(vm: Vm): Record<string, Call> {
  return {
    proxy_get_header_map_value: (type = 0, at = 0, size = 0, pointerTo = 0, sizeTo = 0) => {
      const value = map(vm, "proxy_get_header_map_value", type, false).get(vm.guest.read(at, size));
      return value === undefined ? Status.notFound : given(vm.guest.hand(value, pointerTo, sizeTo));
    },
    proxy_get_header_map_pairs: (type = 0, pointerTo = 0, sizeTo = 0) => {
      const headers = map(vm, "proxy_get_header_map_pairs", type, false);
      const value = headers.list().length === 0 ? "" : headers.serialise();
      return given(vm.guest.hand(value, pointerTo, sizeTo));
    },
    proxy_get_header_map_size: (type = 0, to = 0) => {
      vm.guest.writeWord(to, map(vm, "proxy_get_header_map_size", type, false).serialise().length);
      return Status.ok;
    },
    proxy_add_header_map_value: (type = 0, at = 0, size = 0, valueAt = 0, valueSize = 0) => {
      const value = headerValue(vm, valueAt, valueSize);
      map(vm, "proxy_add_header_map_value", type, true).add(headerName(vm, at, size), value);
      return Status.ok;
    },
    proxy_replace_header_map_value: (type = 0, at = 0, size = 0, valueAt = 0, valueSize = 0) => {
      const value = headerValue(vm, valueAt, valueSize);
      map(vm, "proxy_replace_header_map_value", type, true).replace(headerName(vm, at, size), value);
      return Status.ok;
    },
    proxy_remove_header_map_value: (type = 0, at = 0, size = 0) => {
      map(vm, "proxy_remove_header_map_value", type, true).remove(headerName(vm, at, size));
      return Status.ok;
    },
  };
}

/** Envoy answers BadArgument for a map that is not there; no module of ours may ask for it. */
function map(vm: Vm, name: string, type: number, change: boolean): HeaderMap {
  const context = active(vm, name);
  if (!(context instanceof Stream) || context !== vm.current) throw new AbiError(`${name}: not in a stream's callback`);
  const found = type === REQUEST ? context.requestHeaders : type === RESPONSE ? context.responseHeaders : undefined;
  if (!found) throw new AbiError(`${name}: header map ${type} is not there in phase ${context.phase}`);
  const own = type === REQUEST ? "request" : "response";
  if (change && context.phase !== own)
    throw new AbiError(`${name}: header map ${type} changed in phase ${context.phase}`);
  return found;
}

function headerName(vm: Vm, at: number, size: number): string {
  const name = vm.guest.read(at, size);
  if (!/^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) throw new AbiError(`no header name: ${JSON.stringify(name)}`);
  return name;
}

/** Envoy asserts that a value holds none of NUL, CR and LF. */
function headerValue(vm: Vm, at: number, size: number): string {
  const value = vm.guest.read(at, size);
  if (/[\0\r\n]/.test(value)) throw new AbiError(`no header value: ${JSON.stringify(value)}`);
  return value;
}

function contexts(vm: Vm): Record<string, Call> {
  return {
    proxy_set_effective_context: (id = 0) => {
      if (id === 0) {
        vm.effective = undefined;
        return Status.ok;
      }
      const context = vm.context(id >>> 0);
      if (!context) return Status.badArgument;
      vm.effective = context;
      return Status.ok;
    },
  };
}

function metrics(vm: Vm): Record<string, Call> {
  const list = vm.process.metrics;
  return {
    proxy_define_metric: (type = 0, at = 0, size = 0, to = 0) => {
      if (type > 2) return Status.badArgument;
      const name = vm.guest.read(at, size);
      let id = list.findIndex((metric) => metric.name === name && metric.type === type);
      if (id < 0) id = list.push({type, name, value: 0n}) - 1;
      vm.guest.writeWord(to, id + 1);
      return Status.ok;
    },
    proxy_increment_metric: ((id: number, offset: bigint) => {
      const metric = list[id - 1];
      if (!metric) throw new AbiError(`proxy_increment_metric: no metric ${id}`);
      metric.value += offset;
      return Status.ok;
    }) as unknown as Call,
    proxy_record_metric: ((id: number, value: bigint) => {
      const metric = list[id - 1];
      if (!metric) throw new AbiError(`proxy_record_metric: no metric ${id}`);
      metric.value = value;
      return Status.ok;
    }) as unknown as Call,
  };
}

function wasi(vm: Vm): Record<string, Call> {
  return {
    random_get: (at = 0, size = 0) => {
      for (let i = 0; i < size >>> 0; i++) vm.guest.writeByte((at >>> 0) + i, vm.process.randomByte());
      return 0;
    },
    clock_time_get: ((_clock: number, _precision: bigint, to: number) => {
      vm.guest.writeLong(to, vm.process.now);
      return 0;
    }) as unknown as Call,
  };
}
