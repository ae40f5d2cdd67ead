import type {JsonObject} from "../filter-config.ts";

export function localAddress(port: number): JsonObject {
  return {socket_address: {address: "127.0.0.1", port_value: port}};
}

/** @param address `host:port`, an IPv6 host in brackets */
export function socketAddress(address: string): JsonObject {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return {socket_address: {address: host, port_value: Number(address.slice(colon + 1))}};
}
