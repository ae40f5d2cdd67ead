import {existsSync} from "node:fs";
import {join} from "node:path";
import {MARK} from "../../../manager/playground/processes/marked.ts";
import {run} from "../run.ts";

interface Inside {
  readonly root: string;
  readonly user: {readonly uid: number; readonly gid: number};
  readonly env: Readonly<Record<string, string>>;
}

export interface Entering {
  /** Path of the pod's network namespace. */
  readonly netns: string;
  /** The pod's, which has its `hosts` and `resolv.conf`. */
  readonly folder: string;
  readonly container: Inside;
  /** Files and folders that are seen at other paths inside: path inside -> path outside. */
  readonly files: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The command that runs a program in a pod's network namespace and a mount namespace of its own: names as the pod sees
 * them, the image's files in their places, the container's folders over /run and /var/lib where it has some. The
 * container's folder is the working folder, so that paths such as `./etc/istio/proxy` are the container's too.
 */
export function enter({netns, folder, container, files, argv}: Entering): {program: string; args: string[]} {
  const bind = (from: string, to: string): string => `mount --bind ${quoted(from)} ${quoted(to)}`;
  const {root} = container;
  const script = [
    bind(join(folder, "hosts"), "/etc/hosts"),
    bind(join(folder, "resolv.conf"), "/etc/resolv.conf"),
    ...Object.entries(files).map(([inside, outside]) => bind(outside, inside)),
    ...["run", "var/lib"]
      .filter((path) => existsSync(join(root, path)))
      .map((path) => bind(join(root, path), `/${path}`)),
    `cd ${quoted(root)}`,
    // The reaper finds processes by the mark; nothing else of the harness's own environment goes inside.
    `exec ${asUser(container).map(quoted).join(" ")} "${MARK}=$${MARK}" ${argv.map(quoted).join(" ")}`,
  ];
  const args = [`--net=${netns}`, "unshare", "--mount", "--propagation", "private", "sh", "-ec"];
  return {program: "nsenter", args: [...args, script.join("\n")]};
}

/** Runs a command beside a running program, in its namespaces. */
export async function execIn(pid: number, container: Inside, argv: readonly string[]): Promise<string> {
  const inside = ["-t", String(pid), "-n", "-m", `--wd=${container.root}`, "--"];
  return run("nsenter", [...inside, ...asUser(container), ...argv]);
}

function asUser({user, env}: Inside): string[] {
  const variables = Object.entries({PATH, HOME: "/", ...env}).map(([name, value]) => `${name}=${value}`);
  const ids = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups"];
  return ["setpriv", ...ids, "env", "-i", ...variables];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
