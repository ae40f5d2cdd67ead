/**
 * The built-in echo program of the playground: `node echo.js`, set by environment variables (see `echoSettings`).
 * Prints `listening PORT` when it can be called. TERM ends it: what is in flight has 2 s to finish. USR2 makes it
 * unready, and ready again.
 */
import {echoSettings} from "./settings.ts";
import {startEcho} from "./server.ts";

try {
  const echo = await startEcho(echoSettings(process.env));
  process.on("SIGUSR2", () => echo.toggleReady());
  process.once("SIGTERM", () => void echo.stop(2000).then(() => process.exit(0)));
  process.stdout.write(`listening ${echo.port}\n`);
} catch (error) {
  process.stderr.write(`echo: ${(error as Error).message}\n`);
  process.exit(1);
}
