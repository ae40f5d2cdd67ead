/** Why the cluster did not do what was asked. The first eight are those of the API's `Status.reason`. */
export type Reason =
  | "Forbidden"
  | "Unauthorized"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Invalid"
  | "Expired"
  | "Timeout"
  | "Unreachable"
  | "NoSuchKind"
  | "Other";

/** A failure of the cluster, or on the way to it. The message is all that a user needs: place, cause, remedy. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What was asked of the API server, in the words of its rights. */
export interface Asked {
  readonly verb: string;
  /** Plural, with its API group: `swimlanes.meshlane.dev`; `pods/portforward` for a subresource. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** Where the API server is, and who said so; nothing of it is secret. */
export interface Place {
  /** Without user, path or query. */
  readonly server: string;
  /** `context kind-shop of /home/ann/.kube/config`. */
  readonly from: string;
}

interface Status {
  readonly reason?: string;
  readonly message?: string;
}

const byStatus: Readonly<Record<number, Reason>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  422: "Invalid",
  504: "Timeout",
};

/** The failure that an answer of the API server stands for. */
export function failureOf(status: number, body: unknown, asked: Asked, place: Place): ClusterError {
  const {reason: named, message = ""} = (typeof body === "object" && body !== null ? body : {}) as Status;
  const reason = named === "AlreadyExists" ? "AlreadyExists" : (byStatus[status] ?? "Other");
  return new ClusterError(reason, messageOf(reason, status, message, asked, place));
}

function messageOf(reason: Reason, status: number, message: string, asked: Asked, place: Place): string {
  switch (reason) {
    case "Unauthorized":
      return `the API server ${place.server} does not accept the credentials of ${place.from}: they have expired or are wrong. Log in again`;
    case "Forbidden":
      return forbidden(message, asked);
    case "NotFound":
      return `there is no ${whatOf(asked)}${message.startsWith("namespaces ") ? `: ${message}` : ""}`;
    case "Conflict":
      return `${whatOf(asked)} was changed by somebody else at the same time: ${message}`;
    default:
      return `cannot ${asked.verb} ${whatOf(asked)}: ${message === "" ? `the API server answers ${status}` : message}`;
  }
}

/**
 * Admission refuses with the same status; only the authorizer speaks of what a user cannot do. A refused WebSocket gives the
 * status alone, and then a missing right is by far the likelier.
 */
function forbidden(message: string, asked: Asked): string {
  const who = message === "" ? "you" : /User "([^"]*)" cannot /.exec(message)?.[1];
  if (who === undefined) return `cannot ${asked.verb} ${whatOf(asked)}: ${message}`;
  const [resource, ...group] = asked.resource.split(".");
  const where = asked.namespace === undefined ? "in all namespaces" : `in namespace ${asked.namespace}`;
  const right = `verb ${asked.verb}, resource ${resource}, API group "${group.join(".")}"`;
  return `${who} may not ${asked.verb} ${asked.resource} ${where}. Ask for the right: ${right}, ${where}`;
}

function whatOf({resource, namespace, name}: Asked): string {
  if (name === undefined) return namespace === undefined ? resource : `${resource} in namespace ${namespace}`;
  return `${resource} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: is the cluster running, and the port right?",
  ENOTFOUND: "the name is not known here: is the address right, and the network (VPN) up?",
  EAI_AGAIN: "the name cannot be looked up now: is the network up?",
  ETIMEDOUT: "there is no answer: is the network (VPN) up?",
  EHOSTUNREACH: "there is no way to it: is the network (VPN) up?",
  ENETUNREACH: "there is no way to it: is the network (VPN) up?",
  ECONNRESET: "it ended the connection",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is of an authority that the kubeconfig does not name",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is of an authority that the kubeconfig does not name",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an authority that the kubeconfig does not name",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

/** The failure that stands for an error on the way to the API server. */
export function unreachable(error: unknown, {server, from}: Place): ClusterError {
  const {code, message = String(error)} = (error ?? {}) as {code?: unknown; message?: string};
  const cause = typeof code === "string" ? `${code}${code in remedies ? `: ${remedies[code]}` : ""}` : message;
  return new ClusterError("Unreachable", `cannot reach the API server ${server} (${from}): ${cause}`);
}
