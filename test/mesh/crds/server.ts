import {mkdtemp, readdir, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {customResourceDefinitions} from "../../../manager/model/generated.ts";
import {type Mesh, theMesh} from "../client/index.ts";
import {until} from "../until.ts";

const DEPLOY = join(import.meta.dirname, "..", "..", "..", "deploy");

/** Lane files of `deploy/` for the API server: their namespaces are those of the test. */
export class Server {
  readonly mesh: Mesh;
  readonly #folder: string;
  readonly #own: string;
  readonly #before: readonly boolean[];

  private constructor(mesh: Mesh, folder: string, own: string, before: readonly boolean[]) {
    this.mesh = mesh;
    this.#folder = folder;
    this.#own = own;
    this.#before = before;
  }

  /** With this version's CRDs, and namespaces that begin with `own`. */
  static async open(own: string): Promise<Server> {
    const mesh = await theMesh();
    const definitions = customResourceDefinitions();
    const before = await Promise.all(definitions.map(async (one) => (await mesh.api.read(one)) !== undefined));
    await mesh.apply(...definitions);
    for (const one of definitions) {
      const established = async (): Promise<boolean> => {
        const {conditions = []} = ((await mesh.api.read(one))?.status ?? {}) as {
          conditions?: {type: string; status: string}[];
        };
        return conditions.some(({type, status}) => type === "Established" && status === "True");
      };
      await until(established, {what: `CRD ${one.metadata.name} is established`});
    }
    await mesh.namespace(`${own}-shop`, {sidecars: false});
    await mesh.namespace(`${own}-pay`, {sidecars: false});
    return new Server(mesh, await mkdtemp(join(tmpdir(), `${own}-`)), own, before);
  }

  async close(): Promise<void> {
    await this.mesh.removeNamespace(`${this.#own}-shop`);
    await this.mesh.removeNamespace(`${this.#own}-pay`);
    const mine = customResourceDefinitions().filter((_, index) => this.#before[index] === false);
    await this.mesh.delete(...mine);
    await rm(this.#folder, {recursive: true});
  }

  get namespace(): string {
    return `${this.#own}-shop`;
  }

  static async names(folder: "invalid" | "samples"): Promise<string[]> {
    return (await readdir(join(DEPLOY, folder))).filter((name) => name.endsWith(".yaml"));
  }

  /** A file of `deploy/` as it is. */
  static text(folder: "invalid" | "samples", name: string): Promise<string> {
    return readFile(join(DEPLOY, folder, name), "utf8");
  }

  /** What kubectl says to this text: its output, or why it was refused. */
  async kubectl(text: string, ...args: string[]): Promise<{ok: boolean; said: string}> {
    const file = join(this.#folder, "objects.yaml");
    await writeFile(file, text.replaceAll(/namespace: (shop|pay)\b/g, `namespace: ${this.#own}-$1`));
    try {
      return {ok: true, said: await this.mesh.kubectl(...args, "-f", file)};
    } catch (error) {
      return {ok: false, said: (error as Error).message};
    }
  }
}
