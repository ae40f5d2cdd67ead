/** What is read of an HTTPRoute of the Gateway API; of a GRPCRoute, which has all of this too, its hosts, parents and backends. */
export interface HttpRouteSpec {
  readonly hostnames?: readonly string[];
  readonly parentRefs?: readonly HttpRouteRef[];
  readonly rules?: readonly HttpRouteRule[];
}

export interface HttpRouteRule {
  readonly name?: string;
  readonly backendRefs?: readonly HttpRouteRef[];
  readonly filters?: readonly {readonly requestMirror?: {readonly backendRef?: HttpRouteRef}}[];
  readonly retry?: object;
}

/** Of a parent or a backend. */
export interface HttpRouteRef {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly port?: number;
}
