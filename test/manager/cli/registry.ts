import {readFileSync} from "node:fs";
import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {afterAll, beforeAll} from "vitest";
import {StandIn} from "../image/stand-in.ts";

/** The program's own. */
export const {version} = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** A registry in this process and an empty folder for the tests of one file; nobody's Docker configuration is read. */
export function withRegistry(): {registry: () => StandIn; folder: () => string} {
  let registry: StandIn;
  let folder: string;
  beforeAll(async () => {
    registry = await StandIn.start();
    folder = await mkdtemp(join(tmpdir(), "meshlane-cli-registry-"));
    process.env["DOCKER_CONFIG"] = folder;
  });
  afterAll(async () => {
    delete process.env["DOCKER_CONFIG"];
    await registry.stop();
    await rm(folder, {recursive: true});
  });
  return {registry: () => registry, folder: () => folder};
}
