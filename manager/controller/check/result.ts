/** One line of `check`. */
export interface Result {
  /** What was looked at, in one word. */
  readonly check: string;
  readonly status: "ok" | "warning" | "failed";
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** All that the message is about, of which it may name only some: for programs, which can read more than a person. */
  readonly names?: readonly string[];
}

export function ok(check: string, message: string): Result {
  return {check, status: "ok", message};
}

export function warning(check: string, message: string, hint: string, names?: readonly string[]): Result {
  return {check, status: "warning", message, hint, ...(names === undefined ? {} : {names: [...new Set(names)]})};
}

export function failed(check: string, message: string, hint: string, names?: readonly string[]): Result {
  return {check, status: "failed", message, hint, ...(names === undefined ? {} : {names: [...new Set(names)]})};
}

/** For what the user may not read: neither there nor missing. */
export function unreadable(check: string, what: string): Result {
  return warning(
    check,
    `${what} could not be read, so this was not checked`,
    "The lines of reading and rights say why.",
  );
}

/** `a, b, c and 4 more` */
export function some(names: readonly string[], most = 5): string {
  const distinct = [...new Set(names)];
  return distinct.length <= most
    ? distinct.join(", ")
    : `${distinct.slice(0, most).join(", ")} and ${distinct.length - most} more`;
}

/** `1 pod`, `2 pods` */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
