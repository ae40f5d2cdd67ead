import {mkdir, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {builtProgram} from "../../../manager/playground/processes/built.ts";
import type {Host} from "../host.ts";
import type {Pod} from "./pod-types.ts";

/** A program of this machine that stands in for an image. */
export interface Image {
  readonly entrypoint: readonly string[];
  /** User and group where the pod names none. */
  readonly user: number;
  /** Files that are seen at other paths inside: path inside -> path outside. */
  readonly files: Readonly<Record<string, string>>;
  /** What is in the environment unless the container says otherwise. */
  readonly env: Readonly<Record<string, string>>;
  /** Copied into the container's working folder, by the path from there. */
  readonly copies: Readonly<Record<string, string>>;
}

/** The registry in whose name the harness's programs go. */
export const IMAGES = "meshlane.test";

/**
 * The images of the mesh under test: `meshlane.test/pilot` is istiod, `meshlane.test/proxyv2` is pilot-agent with Envoy,
 * and any other of `meshlane.test/` is the echo program. @returns undefined for an image that cannot be pulled
 */
export type Images = (image: string, pod: Pod) => Image | undefined;

export async function imagesOf({parts, folder}: Host): Promise<Images> {
  const bin = join(folder, "bin");
  await mkdir(bin, {mode: 0o755});
  await Promise.all(["envoy", "pilot-agent"].map((name) => writeFile(join(bin, name), "", {mode: 0o755})));
  const template = join(parts.module("istio.io/istio"), "tools", "packaging", "common", "envoy_bootstrap.json");
  const proxy: Image = {
    entrypoint: ["/usr/local/bin/pilot-agent"],
    user: 1337,
    files: {
      "/usr/local/bin": bin,
      "/usr/local/bin/envoy": parts.envoy,
      "/usr/local/bin/pilot-agent": parts.program("pilot-agent"),
    },
    env: {ISTIO_META_ISTIO_PROXY_SHA: "unknown"},
    copies: {"var/lib/istio/envoy/envoy_bootstrap_tmpl.json": template},
  };
  const istiod: Image = {
    entrypoint: [join("/usr/local/bin", "pilot-discovery")],
    user: 1337,
    files: {"/usr/local/bin": bin, "/usr/local/bin/pilot-discovery": parts.program("pilot-discovery")},
    env: {},
    copies: {},
  };
  await writeFile(join(bin, "pilot-discovery"), "", {mode: 0o755});
  return (image, pod) => {
    const [, name] = /^meshlane\.test\/([^:@]+)/.exec(image) ?? [];
    if (name === undefined) return undefined;
    if (name === "proxyv2") return proxy;
    return name === "pilot" ? istiod : echo(pod);
  };
}

function echo({metadata}: Pod): Image {
  return {
    entrypoint: [process.execPath, builtProgram("echo/main")],
    user: 0,
    files: {},
    env: {
      HOST: "0.0.0.0",
      PORT: "8080",
      MESHLANE_SERVICE: workloadOf(metadata),
      MESHLANE_WORKLOAD: workloadOf(metadata),
    },
    copies: {},
  };
}

/** The Deployment's name, or the pod's own. */
function workloadOf({name, ownerReferences = [], labels = {}}: Pod["metadata"]): string {
  const owner = ownerReferences.find(({kind}) => kind === "ReplicaSet")?.name;
  const hash = labels["pod-template-hash"];
  return owner !== undefined && hash !== undefined ? owner.replace(new RegExp(`-${hash}$`), "") : name;
}
