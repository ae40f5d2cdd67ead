import {readdir, readFile, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {parseAllDocuments, stringify} from "yaml";
import type {KubernetesObject} from "../../../manager/model/kubernetes.ts";
import type {Host} from "../host.ts";
import {IMAGES} from "../kubelet/images.ts";
import {run} from "../run.ts";

/** Istio as `istioctl` renders it, with the values that a mesh of stock Envoys on one small machine needs. */
export async function istioObjects(host: Host, registry: string): Promise<KubernetesObject[]> {
  const file = join(host.folder, "istio.yaml");
  await writeFile(file, stringify(operator(registry)));
  const rendered = await run(host.parts.program("istioctl"), ["manifest", "generate", "-f", file]);
  const namespace = {apiVersion: "v1", kind: "Namespace", metadata: {name: "istio-system"}};
  const objects = objectsIn(rendered).filter(({kind}) => kind !== "HorizontalPodAutoscaler");
  return [namespace, ...objects.toSorted((a, b) => order(a) - order(b)), collector];
}

/** The standard channel of the Kubernetes Gateway API. */
export async function gatewayApiObjects({parts}: Host): Promise<KubernetesObject[]> {
  const folder = join(parts.module("sigs.k8s.io/gateway-api"), "config", "crd", "standard");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".yaml"));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap(objectsIn).filter(({kind}) => kind === "CustomResourceDefinition");
}

/** Where proxies would send their spans if they sampled any: they start traces, and nobody collects them. */
const COLLECTOR = {name: "traces", port: 4317};
const collector: KubernetesObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: {name: COLLECTOR.name, namespace: "istio-system"},
  spec: {ports: [{name: "grpc-otlp", port: COLLECTOR.port}]},
};

function operator(registry: string): object {
  return {
    apiVersion: "install.istio.io/v1alpha1",
    kind: "IstioOperator",
    spec: {
      profile: "minimal",
      hub: IMAGES,
      tag: "harness",
      meshConfig: {
        // Stock Envoy has none of Istio's own filters, so it has no metrics of Istio's either.
        defaultProviders: {metrics: [], tracing: [COLLECTOR.name]},
        enableTracing: true,
        extensionProviders: [
          {
            name: COLLECTOR.name,
            opentelemetry: {service: `${COLLECTOR.name}.istio-system.svc.cluster.local`, port: COLLECTOR.port},
          },
        ],
        defaultConfig: {concurrency: 2, proxyMetadata: {WASM_INSECURE_REGISTRIES: registry}},
      },
      values: {
        global: {proxy: {readinessPeriodSeconds: 1, resources: {limits: {cpu: "2000m", memory: "1024Mi"}}}},
        pilot: {
          autoscaleEnabled: false,
          traceSampling: 0,
          env: {
            PILOT_ENABLE_ALPN_FILTER: "false",
            PILOT_ENABLE_METADATA_EXCHANGE: "false",
            ENABLE_NATIVE_SIDECARS: "true",
          },
        },
        telemetry: {enabled: false},
      },
    },
  };
}

function objectsIn(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS({maxAliasCount: -1}) as KubernetesObject | null)
    .filter((object) => object !== null && typeof object === "object");
}

/** Definitions first, workloads last. */
function order({kind}: KubernetesObject): number {
  if (kind === "CustomResourceDefinition") return 0;
  return kind === "Deployment" ? 2 : 1;
}
