import {type EchoAnswer, type EchoCall, parseAnswer} from "../../../manager/playground/echo/answer.ts";

export interface Request {
  /** `http://ADDRESS[:PORT]/PATH`, or only its path */
  readonly url?: string;
  readonly method?: string;
  /** Host header; left out, the address. */
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
  /** On a connection of its own; left out, one that is open may be used. */
  readonly newConnection?: boolean;
}

export interface Reply {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Why there was no answer. */
  readonly error?: string;
}

/** A reply of the shop's programs. */
export interface ShopReply extends Reply {
  /** What the first program says; empty when it is no echo program. */
  readonly echo: Partial<EchoAnswer>;
  /** The workloads on the way, callers before their callees: `frontend -> cart-v1 (inventory -> warehouse, payment-v1 -> ledger)`. */
  readonly path: string;
  /** The workload that answered for each service that was called. */
  readonly workloads: Readonly<Record<string, string>>;
}

export function shopReply(reply: Reply): ShopReply {
  const echo = parseAnswer(reply.body);
  const root = echo.workload === undefined ? undefined : echo;
  return {
    ...reply,
    echo,
    path: root === undefined ? `${reply.status}` : pathOf(root),
    workloads: Object.fromEntries(root === undefined ? [] : pairs(root)),
  };
}

/** What a workload received, anywhere on the way. */
export function receivedBy(answer: Partial<EchoAnswer>, service: string): EchoAnswer["request"] | undefined {
  if (answer.service === service) return answer.request;
  for (const call of answer.calls ?? []) {
    const found = receivedBy(call, service);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Node = Partial<EchoAnswer> & Partial<EchoCall>;

function pathOf({workload, service, status = 200, calls = []}: Node): string {
  const self = workload ?? `${service}!${status}`;
  if (calls.length === 0) return self;
  const [only] = calls;
  return calls.length === 1 ? `${self} -> ${pathOf(only!)}` : `${self} (${calls.map(pathOf).join(", ")})`;
}

function pairs({service, workload, calls = []}: Node): [string, string][] {
  const self: [string, string][] = service === undefined || workload === undefined ? [] : [[service, workload]];
  return [...self, ...calls.flatMap(pairs)];
}
