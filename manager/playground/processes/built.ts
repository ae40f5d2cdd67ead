import {join} from "node:path";

/**
 * Path of a program of the playground as Node can run it, `echo/main` for one. Sources (a test runner loads them as they are) run the
 * programs that `npm run build` left in `dist`, since Node 20 runs no TypeScript.
 */
export function builtProgram(name: string): string {
  const here = join(import.meta.dirname, "..");
  const folder = import.meta.filename.endsWith(".ts") ? join(here, "..", "..", "dist", "playground") : here;
  return join(folder, `${name}.js`);
}
