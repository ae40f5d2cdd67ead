import type {KubernetesObject} from "../model/kubernetes.ts";
import type {KubernetesService} from "./cluster-facts.ts";
import type {Labels} from "./plan.ts";

interface ServiceSpec {
  readonly type?: string;
  readonly externalName?: string;
  readonly selector?: Labels;
  readonly clusterIP?: string;
  readonly ports?: readonly Port[];
}

interface Port {
  readonly port?: number;
  readonly name?: string;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

/** What a Service says. */
export function serviceFact({metadata, spec}: KubernetesObject): KubernetesService {
  const {type, externalName, selector = {}, clusterIP, ports = []} = (spec ?? {}) as ServiceSpec;
  return {
    key: `${metadata.namespace ?? "default"}/${metadata.name}`,
    ports: ports.map((port) => ({
      port: port.port ?? 0,
      ...(port.name === undefined ? {} : {name: port.name}),
      http: isHttp(port),
    })),
    selector,
    headless: clusterIP === "None",
    ...(type === "ExternalName" ? {alias: externalName ?? ""} : {}),
  };
}

const kubernetesProtocols: Record<string, boolean> = {
  "kubernetes.io/h2c": true,
  "kubernetes.io/ws": true,
  "kubernetes.io/wss": false,
};
const protocols: Record<string, boolean> = {
  http: true,
  http2: true,
  http_proxy: true,
  grpc: true,
  https: false,
  tls: false,
  tcp: false,
  udp: false,
  mongo: false,
  redis: false,
  mysql: false,
};
/** SMTP, DNS, MySQL, MongoDB: Istio never sniffs these. */
const neverSniffed = new Set([25, 53, 3306, 27017]);

/** Whether Istio routes the port as HTTP, or would where it sees HTTP. Rule: ConvertProtocol in Istio's pkg/config/kube. */
function isHttp({port = 0, name = "", protocol = "TCP", appProtocol}: Port): boolean {
  if (protocol !== "TCP") return false;
  const said = appProtocol ?? name;
  if (appProtocol !== undefined && Object.hasOwn(kubernetesProtocols, said)) return kubernetesProtocols[said]!;
  const lower = said.toLowerCase();
  if (lower.startsWith("grpc-web")) return true;
  const [prefix = ""] = lower.split("-");
  return Object.hasOwn(protocols, prefix) ? protocols[prefix]! : !neverSniffed.has(port);
}
