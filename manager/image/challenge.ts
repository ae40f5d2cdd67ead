/** One way of proving who one is that a server offers in `WWW-Authenticate` (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const part = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)/g;

export function parseChallenges(header: string): Challenge[] {
  const challenges: {scheme: string; parameters: Record<string, string>}[] = [];
  for (const [, name, quoted, bare, scheme] of header.matchAll(part)) {
    if (scheme !== undefined) challenges.push({scheme: scheme.toLowerCase(), parameters: {}});
    else if (name !== undefined) {
      const value = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
      const last = challenges.at(-1);
      if (last !== undefined) last.parameters[name.toLowerCase()] = value;
    }
  }
  return challenges;
}
