import type {ObjectMeta} from "../../../manager/model/kubernetes.ts";

/** What the kubelet reads of a Pod. */
export interface Pod {
  readonly apiVersion: "v1";
  readonly kind: "Pod";
  readonly metadata: PodMeta;
  readonly spec: PodSpec;
  readonly status?: {readonly phase?: string};
}

export interface PodMeta extends ObjectMeta {
  readonly namespace: string;
  readonly uid: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly ownerReferences?: readonly {readonly kind: string; readonly name: string}[];
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly serviceAccountName?: string;
  readonly initContainers?: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: SecurityContext;
}

export interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly ports?: readonly {readonly name?: string; readonly containerPort: number}[];
  /** `Always` on an init container: a sidecar. */
  readonly restartPolicy?: string;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: {readonly preStop?: Handler};
  readonly volumeMounts?: readonly {readonly name: string; readonly mountPath: string}[];
  readonly securityContext?: SecurityContext;
  readonly resources?: {readonly limits?: Readonly<Record<string, string>>};
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: {readonly fieldPath: string};
    readonly resourceFieldRef?: {readonly resource: string; readonly divisor?: string};
  };
}

export interface Handler {
  readonly exec?: {readonly command: readonly string[]};
  readonly sleep?: {readonly seconds: number};
}

export interface Probe {
  readonly httpGet?: {readonly path?: string; readonly port: number | string};
  readonly tcpSocket?: {readonly port: number | string};
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

export interface Volume {
  readonly name: string;
  readonly configMap?: {readonly name: string; readonly optional?: boolean};
  readonly secret?: {readonly secretName: string; readonly optional?: boolean};
  readonly downwardAPI?: {readonly items: readonly DownwardItem[]};
  readonly projected?: {readonly sources: readonly ProjectedSource[]};
}

export interface DownwardItem {
  readonly path: string;
  readonly fieldRef?: {readonly fieldPath: string};
}

export interface ProjectedSource {
  readonly serviceAccountToken?: {
    readonly path: string;
    readonly audience?: string;
    readonly expirationSeconds?: number;
  };
  readonly configMap?: {
    readonly name: string;
    readonly items?: readonly {readonly key: string; readonly path: string}[];
  };
  readonly downwardAPI?: {readonly items: readonly DownwardItem[]};
}
