import {join} from "node:path";
import {packageRoot} from "../../package-root.ts";

/** Path of a program of the playground, `echo/main` for one, as `npm run build` left it: Node 20 runs no TypeScript. */
export function builtProgram(name: string): string {
  return join(packageRoot, "dist", "playground", `${name}.js`);
}
