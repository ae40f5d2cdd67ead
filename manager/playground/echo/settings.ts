export interface Callee {
  service: string;
  /** The caller's own outbound port for this callee, such as `http://127.0.0.1:15001`. */
  url: string;
}

export interface EchoSettings {
  service: string;
  workload: string;
  /** Where it listens. */
  host: string;
  /** 0: any free port. */
  port: number;
  /** Lower-case names of the request headers that are passed on to callees. */
  forwards: string[];
  /** Called one after the other, in this order. */
  calls: Callee[];
}

/**
 * The settings of an echo program: MESHLANE_SERVICE and MESHLANE_WORKLOAD, HOST (absent: 127.0.0.1) and PORT (0 or absent:
 * any), MESHLANE_FORWARDS and CALLS (comma lists), and for each callee its NAME_URL (see `urlVariable`).
 */
export function echoSettings(env: Record<string, string | undefined>): EchoSettings {
  return {
    service: required(env, "MESHLANE_SERVICE"),
    workload: required(env, "MESHLANE_WORKLOAD"),
    host: env["HOST"] || "127.0.0.1",
    port: port(env["PORT"] ?? "0"),
    forwards: list(env["MESHLANE_FORWARDS"]).map((name) => name.toLowerCase()),
    calls: list(env["CALLS"]).map((service) => ({service, url: required(env, urlVariable(service))})),
  };
}

/** The variable that holds where a workload reaches a service: `gift-card` is in GIFT_CARD_URL. */
export function urlVariable(service: string): string {
  return `${service.toUpperCase().replaceAll("-", "_")}_URL`;
}

function required(env: Record<string, string | undefined>, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`environment variable ${name} is missing`);
  return value;
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new Error(`PORT=${text}: must be a port, 0 to 65535`);
  return Number(text);
}

function list(text = ""): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
