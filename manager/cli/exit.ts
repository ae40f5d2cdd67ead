/** What the program's exit code says. */
export const exitCode = {ok: 0, problems: 1, usage: 2} as const;

/** The command was written wrongly, or names a file that cannot be read. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
