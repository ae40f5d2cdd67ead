import {fileURLToPath} from "node:url";
import {parseArgs} from "node:util";
import {rolldown} from "rolldown";
import {at, top} from "./lib/place.mjs";

/** Programs, and what scripts and tests load of the built manager. */
const ENTRIES = [
  "cli/main",
  "model/generated",
  "playground/echo/main",
  "playground/envoy/binary",
  "playground/processes/processes",
  "playground/processes/reaper",
  "playground/progress-line",
];

/**
 * Bundles the manager with its libraries: a command loads a few files, each verb its own, where several hundred small ones
 * would take longer to load than a lane takes to apply. The Kubernetes client stays outside, as few commands need it.
 *
 * @param {string} folder that the programs are written to
 */
export async function buildManager(folder) {
  const bundle = await rolldown({
    cwd: top,
    platform: "node",
    input: Object.fromEntries(ENTRIES.map((name) => [name, at("manager", `${name}.ts`)])),
    external: ["@kubernetes/client-node", "@kubernetes/client-node/dist/portforward.js"],
  });
  try {
    await bundle.write({
      dir: folder,
      format: "esm",
      chunkFileNames: "parts/[name]-[hash].js",
      codeSplitting: {groups: [{test: /node_modules/, name: packageOf}]},
      sourcemap: true,
    });
  } finally {
    await bundle.close();
  }
}

/** A library is a file of its own: who needs one does not load another. */
function packageOf(id) {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)[1].replace(/[@/]/g, "-");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {values} = parseArgs({options: {"output-dir": {type: "string", default: at("dist")}}});
  await buildManager(values["output-dir"]);
}
