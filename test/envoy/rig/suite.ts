import {afterAll, beforeAll, describe} from "vitest";
import {WIRES, type Wire} from "./client.ts";
import {type MeshOptions, NEW, OLD, type Setup, TestMesh} from "./mesh.ts";

interface Range extends Setup {
  readonly wires: readonly Wire[];
}

/** Both versions on two workers, and the newer one on one worker and on four. */
export const FULL: readonly Range[] = [
  {...NEW, wires: WIRES},
  {...OLD, wires: WIRES},
  {...NEW, workers: 1, wires: WIRES},
  {...NEW, workers: 4, wires: WIRES},
];

/** Tests on one mesh, started once, for each set-up. */
export function onEnvoy<One extends Setup>(
  setups: readonly One[],
  options: Omit<MeshOptions, keyof Setup>,
  define: (mesh: () => TestMesh, setup: One) => void,
): void {
  describe.each(setups)("Envoy $version, workers: $workers", (setup) => {
    let mesh: TestMesh | undefined;
    beforeAll(async () => {
      mesh = await TestMesh.start({...options, version: setup.version, workers: setup.workers});
    });
    afterAll(() => mesh?.stop());
    define(() => mesh!, setup);
  });
}

/** The same over each protocol. */
export function overEach(
  setups: readonly Range[],
  options: Omit<MeshOptions, keyof Setup>,
  define: (mesh: () => TestMesh, wire: Wire) => void,
): void {
  onEnvoy(setups, options, (mesh, {wires}) => {
    describe.each(wires)("over %s", (wire) => {
      define(mesh, wire);
    });
  });
}
