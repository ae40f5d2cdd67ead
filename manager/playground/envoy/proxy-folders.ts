import {mkdir, writeFile} from "node:fs/promises";
import {join} from "node:path";

import type {JsonObject} from "../../render/filter-config.ts";
import {Authority} from "./certificates.ts";

/** The folders that the proxies run in: what each finds there when it starts. */
export class ProxyFolders {
  readonly #folder: string;
  readonly #stopping: AbortSignal;
  #authority: Authority | undefined;

  /** @param stopping aborted when the folder is about to be removed: it must not be made anew */
  constructor(folder: string, stopping: AbortSignal) {
    this.#folder = folder;
    this.#stopping = stopping;
  }

  /** @param identity `NAMESPACE/NAME`, to be proven by mTLS; left out, the proxy speaks plain text */
  async prepare(name: string, bootstrap: JsonObject, identity: string | undefined): Promise<void> {
    this.#stopping.throwIfAborted();
    const all = join(this.#folder, "proxies");
    const folder = join(all, name);
    for (const each of [all, folder]) await makeFolder(each);
    await writeFile(join(folder, "bootstrap.json"), JSON.stringify(bootstrap));
    if (identity === undefined) return;
    this.#authority ??= await Authority.create();
    await writeIdentity(folder, this.#authority, identity);
  }
}

/** Not its parent too: one that is removed stays so. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** Writes what a proxy in that folder proves its identity by. @param identity `NAMESPACE/NAME` */
export async function writeIdentity(folder: string, authority: Authority, identity: string): Promise<void> {
  const {cert, key} = await authority.issue(identity);
  await writeFile(join(folder, "cert.pem"), cert);
  await writeFile(join(folder, "key.pem"), key, {mode: 0o600});
  await writeFile(join(folder, "ca.pem"), authority.certificate);
}
