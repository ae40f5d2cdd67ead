import {isIPv4} from "node:net";
import {printable} from "../model/printable.ts";

/** What may be asked. */
export interface Leave {
  /** Plain HTTP also with other machines. */
  readonly plainHttp?: boolean;
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}

export function mayAsk({protocol, hostname}: URL, {plainHttp}: Leave): boolean {
  return protocol === "https:" || (protocol === "http:" && (plainHttp === true || isLoopback(hostname)));
}

/**
 * Where an answer sends to. A server behind a proxy that ends TLS often says http there, and means itself.
 * @param location an address, or a part of one
 * @param from the server that says so
 * @throws Error for what is no address, and for plain HTTP without leave
 */
export function addressIn(location: string, from: URL, leave: Leave): URL {
  if (!URL.canParse(location, from.href)) {
    throw new Error(
      `${from.host}: it sends to "${printable(location)}", which is no address: its owner has to mend it`,
    );
  }
  const url = new URL(location, from);
  const itself = url.hostname === from.hostname && url.protocol === "http:" && from.protocol === "https:";
  if (itself) return new URL(url.pathname + url.search, from);
  if (mayAsk(url, leave)) return url;
  throw new Error(
    `${from.host}: it sends to ${url.protocol}//${url.host}, and plain HTTP is spoken with other machines only with --plain-http`,
  );
}
