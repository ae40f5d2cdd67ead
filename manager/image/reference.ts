/** Where an artifact lies: `oci://HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`. */
export interface Reference {
  /** `HOST[:PORT]`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const scheme = "oci://";
const host = /^(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[0-9a-f:]+\]|[\w-]+(?=:))(?::\d{1,5})?$/i;
/** Patterns of the OCI distribution specification, version 1.1: "Pulling manifests". */
const repository = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tag = /^\w[\w.-]{0,127}$/;
const digest = /^sha256:[0-9a-f]{64}$/;

export function isTag(text: string): boolean {
  return tag.test(text);
}

/** Whether the text is meant to be a reference, and no file. */
export function isReference(text: string): boolean {
  return text.startsWith(scheme);
}

/**
 * @param text `oci://` in front may be left out
 * @throws Error that says which part is wrong
 */
export function parseReference(text: string): Reference {
  refuseCredentials(text);
  const [name = "", ...digests] = withoutScheme(text).split("@");
  const slash = name.indexOf("/");
  const colon = name.lastIndexOf(":");
  const tagged = colon > slash;
  const parts = {
    ...parsePlace(tagged ? name.slice(0, colon) : name, text),
    ...(tagged && {tag: name.slice(colon + 1)}),
    ...(digests.length > 0 && {digest: digests.join("@")}),
  };
  if (parts.tag !== undefined && !isTag(parts.tag)) throw wrong(text, `"${parts.tag}" is no tag`);
  if (parts.digest !== undefined && !digest.test(parts.digest)) {
    throw wrong(text, `"${parts.digest}" is no digest, which is sha256: and 64 hexadecimal digits`);
  }
  return parts;
}

/**
 * The place that modules are pushed below, `HOST[:PORT][/PATH]`.
 * @throws Error that says which part is wrong
 */
export function parseRegistry(text: string): {registry: string; path: string} {
  refuseCredentials(text);
  const [registry = "", ...path] = withoutScheme(text).replace(/\/$/, "").split("/");
  if (path.length > 0) parsePlace([registry, ...path].join("/"), text);
  else checkHost(registry, text);
  return {registry, path: path.join("/")};
}

export function formatReference({registry, repository: name, tag: version, digest: pin}: Reference): string {
  return `${registry}/${name}${version === undefined ? "" : `:${version}`}${pin === undefined ? "" : `@${pin}`}`;
}

function parsePlace(text: string, whole: string): {registry: string; repository: string} {
  const slash = text.indexOf("/");
  if (slash < 0) throw wrong(whole, "it names no repository: HOST/NAME:TAG is the form");
  const [registry, name] = [text.slice(0, slash), text.slice(slash + 1)];
  checkHost(registry, whole);
  if (!repository.test(name)) throw wrong(whole, `"${name}" is no repository: lower-case letters, digits, . _ - and /`);
  return {registry, repository: name};
}

function checkHost(text: string, whole: string): void {
  if (!host.test(text))
    throw wrong(whole, `"${text}" is no registry: write its host in full, with a dot, a port, or localhost`);
  const [port] = /(?<=:)\d+$/.exec(text) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    throw wrong(whole, `${port} is no port, which is between 1 and 65535`);
  if (!URL.canParse(`https://${text}`))
    throw wrong(whole, `"${text}" is no registry: its host is no name and no address`);
}

function withoutScheme(text: string): string {
  return text.startsWith(scheme) ? text.slice(scheme.length) : text;
}

/** What stands before a host, behind a scheme. A digest has no "/" behind its "@"; a password may have a "/" or an "@" in it. */
const credentials = /^([a-z][\w+.-]*:\/\/)?(?:.*@(?=[^@]*\/)|[^/]*@)/is;

/** For messages: a terminal, or the log of a CI, is no place for a password. */
export function withoutCredentials(text: string): string {
  return text.replace(credentials, "$1***@");
}

/** Messages of all other checks repeat parts of the text, so this comes first. */
function refuseCredentials(text: string): void {
  if (!credentials.test(text)) return;
  throw wrong(
    withoutCredentials(text),
    "credentials do not belong in a reference. Take them out, and run docker login: they are read from the Docker configuration",
  );
}

function wrong(text: string, reason: string): Error {
  return new Error(`reference ${text}: ${reason}`);
}
