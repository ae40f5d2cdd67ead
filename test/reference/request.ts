/** A header: byte strings (one character a byte), the name in lower case. */
export type Header = readonly [name: string, value: string];

/** What a decision may look at. */
export interface Request {
  readonly headers: readonly Header[];
  /** `source.address`, "10.0.0.1:4711" or "[::1]:4711". */
  readonly source?: string | undefined;
  /** The peer showed a certificate (`connection.mtls`). */
  readonly mtls?: boolean | undefined;
  /** Seconds since 1970. */
  readonly now: number;
  /** Where the proxy stands. */
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
}

export function values(headers: readonly Header[], name: string): string[] {
  return headers.filter((header) => header[0] === name).map((header) => header[1]);
}

export function without(headers: readonly Header[], name: string): Header[] {
  return headers.filter((header) => header[0] !== name);
}

export function withHeader(headers: readonly Header[], name: string, value: string): Header[] {
  return [...without(headers, name), [name, value]];
}

/** `:authority` in lower case without its port. */
export function host(headers: readonly Header[]): string | undefined {
  const authority = values(headers, ":authority")[0];
  return authority?.replace(/:\d*$/, "").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** `:path` up to `?` or `#`. */
export function uri(headers: readonly Header[]): string | undefined {
  return values(headers, ":path")[0]?.replace(/[?#].*$/s, "");
}

/** The raw value of the first parameter of that name; one without `=` has the empty value. */
export function query(headers: readonly Header[], name: string): string | undefined {
  const path = values(headers, ":path")[0] ?? "";
  const beforeFragment = path.split("#")[0] ?? "";
  const start = beforeFragment.indexOf("?");
  if (start < 0) return undefined;
  for (const parameter of beforeFragment.slice(start + 1).split("&")) {
    const [key, value] = cut(parameter, "=");
    if (key === name) return value ?? "";
  }
  return undefined;
}

/** The first cookie of that name over all `cookie` headers; a pair without `=` is no cookie. */
export function cookie(headers: readonly Header[], name: string): string | undefined {
  for (const line of values(headers, "cookie")) {
    for (const pair of line.split(";")) {
      const [key, value] = cut(trim(pair), "=");
      if (key === name && value !== undefined) return value;
    }
  }
  return undefined;
}

/** Text before and after the first separator; the second is undefined where there is none. */
export function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Without spaces and tabs at both ends (OWS of HTTP). */
export function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, "");
}
