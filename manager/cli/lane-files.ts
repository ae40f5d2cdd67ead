import {realpathSync, statSync} from "node:fs";
import {dirname} from "node:path";
import {holdsKind, loadMesh, type Mesh, type SourceText} from "../model/index.ts";
import type {Owners} from "../compile/index.ts";
import type {LocalMesh} from "../playground/mesh.ts";
import {lockPath, readOwners, writeOwners} from "../render/lock-file.ts";
import {readSources, standardInput} from "./files.ts";
import {hasErrors, printProblems, type Terminal} from "./terminal.ts";

/** The files of a playground: those behind `-f` and, where they held no shop when it started, a sample of one. */
export class LaneFiles {
  readonly #names: readonly string[];
  readonly #sampleShop: string;
  readonly #terminal: Terminal;
  #standardInput: readonly SourceText[] | undefined;
  #ownShop: boolean | undefined;
  #read: SourceText[] = [];

  constructor(names: readonly string[], sampleShop: string, terminal: Terminal) {
    this.#names = names;
    this.#sampleShop = sampleShop;
    this.#terminal = terminal;
  }

  /**
   * Reads the files.
   * @returns whether they say something else than when they were read before
   * @throws UsageError for what cannot be read
   */
  async read(): Promise<boolean> {
    const own = await this.#ownSources();
    this.#ownShop ??= own.some((source) => holdsKind(source, "Playground"));
    const all = this.#ownShop ? own : [...own, ...(await readSources([this.#sampleShop], this.#terminal))];
    const changed = JSON.stringify(all) !== JSON.stringify(this.#read);
    this.#read = all;
    return changed;
  }

  /** What was read. Undefined where there are errors; what is wrong has been printed. */
  mesh(): LocalMesh | undefined {
    const {mesh, problems} = loadMesh(this.#read);
    printProblems(problems, this.#terminal);
    if (hasErrors(problems)) return undefined;
    if (isLocal(mesh)) return mesh;
    this.#terminal.stderr.write("the files have no kind: Playground any more, so there is no shop to run\n");
    return undefined;
  }

  /** What a person may edit while the mesh runs. */
  get names(): readonly string[] {
    const files = this.#names.filter((name) => name !== "-");
    return this.#ownShop ? files : [...files, this.#sampleShop];
  }

  /** Where an edit shows: the folders of the files, and of what they link to. */
  get folders(): string[] {
    const folders = this.names.flatMap((name) =>
      statSync(name).isDirectory() ? [name] : [dirname(name), dirname(realpathSync(name))],
    );
    return [...new Set(folders.map((folder) => realpathSync(folder)))];
  }

  async owners(): Promise<Owners> {
    return this.#lock === undefined ? {} : readOwners(this.#lock);
  }

  /** A folder that may not be written is no reason not to run. */
  async remember(owners: Owners): Promise<void> {
    if (this.#lock === undefined) return;
    try {
      await writeOwners(this.#lock, owners);
    } catch (error) {
      const message = `${(error as Error).message}: who owns which bucket is forgotten when the playground ends\n`;
      this.#terminal.stderr.write(message);
    }
  }

  get #lock(): string | undefined {
    const first = this.#read.find(({name}) => name !== standardInput);
    return first === undefined ? undefined : lockPath(first.name);
  }

  /** Standard input can be read only once. */
  async #ownSources(): Promise<SourceText[]> {
    const files = this.#names.filter((name) => name !== "-");
    const sources = await readSources(files, this.#terminal);
    if (this.#names.includes("-")) this.#standardInput ??= await readSources(["-"], this.#terminal);
    return [...sources, ...(this.#standardInput ?? [])];
  }
}

function isLocal(mesh: Mesh): mesh is LocalMesh {
  return mesh.playground !== undefined;
}
