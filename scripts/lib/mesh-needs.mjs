import {run, say} from "./run.mjs";

const OLDEST_GO = [1, 26];
/** Programs that the mesh calls, by the Debian package that has them. */
const PACKAGES = {
  iproute2: ["ip"],
  iptables: ["iptables", "iptables-restore"],
  "util-linux": ["nsenter", "setpriv", "unshare"],
};

/** Why this machine cannot run the mesh under test, or undefined. As root, missing packages are installed by apt-get. */
export async function lackingForMesh() {
  if (process.platform !== "linux") return `this is ${process.platform}, and it needs Linux`;
  if (process.getuid() !== 0) return "it needs root, for network namespaces";
  const go = await run("go", ["env", "GOVERSION"]);
  if (go.code !== 0) return `it needs Go ${OLDEST_GO.join(".")} or newer, and there is no go on PATH`;
  if (!isNewEnough(go.output)) return `it needs Go ${OLDEST_GO.join(".")} or newer, and this is ${go.output.trim()}`;
  return lackingPrograms();
}

function isNewEnough(version) {
  const [major, minor] = version.replace(/^go/, "").split(".").map(Number.parseFloat);
  return major > OLDEST_GO[0] || (major === OLDEST_GO[0] && minor >= OLDEST_GO[1]);
}

async function lackingPrograms() {
  const missing = await missingPackages();
  if (missing.length === 0) return undefined;
  say(`installing ${missing.join(", ")} ...`);
  const update = await run("apt-get", ["update"]);
  const {code, output} = await run("apt-get", ["install", "--yes", "--no-install-recommends", ...missing], {
    env: {DEBIAN_FRONTEND: "noninteractive"},
  });
  const still = await missingPackages();
  if (still.length === 0) return undefined;
  const why = code === 127 ? "there is no apt-get" : (code === 0 ? update.output : output).trim().split("\n").at(-1);
  return `it needs the packages ${still.join(", ")}, and installing them failed: ${why}`;
}

async function missingPackages() {
  const found = await Promise.all(
    Object.entries(PACKAGES).map(async ([name, programs]) => {
      const tries = programs.map((program) => run("sh", ["-c", `command -v ${program}`]));
      return (await Promise.all(tries)).every(({code}) => code === 0) ? undefined : name;
    }),
  );
  return found.filter((name) => name !== undefined);
}
