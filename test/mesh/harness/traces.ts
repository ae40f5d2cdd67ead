import {readdirSync, readFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {MARK} from "../../../manager/playground/processes/marked.ts";
import {run} from "../run.ts";

/** All that a mesh holds on this machine: processes, network namespaces, links, rules, files. */
export async function traces(mesh: string): Promise<string[]> {
  const [links, namespaces, rules] = await Promise.all([
    run("ip", ["-json", "link"]),
    run("ip", ["-json", "netns"]),
    run("iptables-save", []),
  ]);
  const number = Number(mesh.slice("meshlane".length));
  const names = [mesh, `${mesh}-`, `ml${number}-`];
  const ours = (name: string): boolean =>
    names.some((each) => name === each || (each.endsWith("-") && name.startsWith(each)));
  return [
    ...listed(links, "ifname")
      .filter(ours)
      .map((name) => `link ${name}`),
    ...listed(namespaces, "name")
      .filter(ours)
      .map((name) => `namespace ${name}`),
    ...rules.split("\n").filter((line) => line.includes(` 10.${190 + number}.`)),
    ...entries(tmpdir())
      .filter(ours)
      .map((name) => `folder ${name}`),
    ...entries("/run/meshlane")
      .filter((name) => name === `${mesh}.json`)
      .map((name) => `note ${name}`),
    ...marked(mesh).map((program) => `process ${program}`),
  ];
}

function listed(json: string, key: string): string[] {
  return json.trim() === "" ? [] : (JSON.parse(json) as Record<string, string>[]).map((each) => each[key] ?? "");
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function marked(mesh: string): string[] {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => {
    try {
      const environment = readFileSync(`/proc/${id}/environ`, "latin1").split("\0");
      return environment.includes(`${MARK}=${mesh}`) ? [readFileSync(`/proc/${id}/comm`, "utf8").trim()] : [];
    } catch {
      return [];
    }
  });
}
