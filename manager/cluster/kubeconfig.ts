import {readFileSync} from "node:fs";
import type {OutgoingHttpHeaders} from "node:http";
import https from "node:https";
import {isIPv6} from "node:net";
import {dirname, resolve} from "node:path";
import type {Cluster, Context, KubeConfig, User} from "@kubernetes/client-node";
import {newClusters, newContexts, newUsers} from "@kubernetes/client-node/dist/config_types.js";
import {parse} from "yaml";

const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * What kubeconfig files say. Credentials that stand there are used as they are; what has to be asked for (exec plugins,
 * identity providers, proxies) is left to the Kubernetes client, which takes longer to load than a pass takes.
 */
export class Kubeconfig {
  readonly clusters: readonly Cluster[];
  readonly users: readonly User[];
  readonly contexts: readonly Context[];
  currentContext: string;
  #client: Promise<KubeConfig> | undefined;

  private constructor(clusters: readonly Cluster[], users: readonly User[], contexts: readonly Context[], now = "") {
    this.clusters = clusters;
    this.users = users;
    this.contexts = contexts;
    this.currentContext = now;
  }

  /** @throws Error what is wrong with the file's content, first line first */
  static read(file: string): Kubeconfig {
    const content = (parse(readFileSync(file, "utf8")) ?? {}) as Record<string, never>;
    const root = dirname(file);
    const at = <Item extends object>(item: Item, field: keyof Item): Item =>
      typeof item[field] === "string" && item[field] !== "" ? {...item, [field]: resolve(root, item[field])} : item;
    return new Kubeconfig(
      newClusters(content["clusters"] ?? []).map((cluster) => at(cluster, "caFile")),
      newUsers(content["users"] ?? []).map((user) => at(at(user, "certFile"), "keyFile")),
      newContexts(content["contexts"] ?? []),
      content["current-context"],
    );
  }

  /** Files together; the first to name a thing is right, as with kubectl. */
  static merged(all: readonly Kubeconfig[]): Kubeconfig {
    return new Kubeconfig(
      first(all.flatMap(({clusters}) => clusters)),
      first(all.flatMap(({users}) => users)),
      first(all.flatMap(({contexts}) => contexts)),
      all.map(({currentContext}) => currentContext).find((name) => name !== ""),
    );
  }

  /** The service account of the pod that this runs in. */
  static inCluster({KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443"}: NodeJS.ProcessEnv) {
    const name = "inCluster";
    const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
    const authProvider = {name: "tokenFile", config: {tokenFile: `${mounted}/token`}};
    const namespace = readFileSync(`${mounted}/namespace`, "utf8");
    return new Kubeconfig(
      [{name, server, caFile: `${mounted}/ca.crt`, skipTLSVerify: false}],
      [{name, authProvider}],
      [{name, cluster: name, user: name, namespace}],
      name,
    );
  }

  getContextObject(name: string): Context | null {
    return this.contexts.find((context) => context.name === name) ?? null;
  }

  getCurrentCluster(): Cluster | null {
    const context = this.getContextObject(this.currentContext);
    return this.clusters.find(({name}) => name === context?.cluster) ?? null;
  }

  getCurrentUser(): User | null {
    const context = this.getContextObject(this.currentContext);
    return this.users.find(({name}) => name === context?.user) ?? null;
  }

  /** Puts an agent and the credentials into the options of a request. */
  async applyToHTTPSOptions(options: https.RequestOptions): Promise<void> {
    const [cluster, user] = [this.getCurrentCluster(), this.getCurrentUser()];
    if (cluster === null || user === null || !isPlain(cluster, user)) {
      this.#client ??= this.#load();
      await (await this.#client).applyToHTTPSOptions(options);
      return;
    }
    const {skipTLSVerify, tlsServerName, caFile, caData} = cluster;
    const tls = defined({
      ca: content(caFile, caData),
      cert: content(user.certFile, user.certData),
      key: content(user.keyFile, user.keyData),
      rejectUnauthorized: skipTLSVerify ? false : undefined,
      servername: tlsServerName,
    });
    const headers = {
      ...(options.headers as OutgoingHttpHeaders | undefined),
      ...defined({
        Authorization: user.token ? `Bearer ${user.token}` : undefined,
        "Impersonate-User": user.impersonateUser ?? undefined,
      }),
    };
    const auth = user.username ? {auth: `${user.username}:${user.password}`} : {};
    Object.assign(options, tls, auth, {headers, agent: new https.Agent(tls)});
  }

  async #load(): Promise<KubeConfig> {
    const {KubeConfig: Client} = await import("@kubernetes/client-node");
    const client = new Client();
    const {currentContext} = this;
    client.loadFromOptions({clusters: this.clusters, users: this.users, contexts: this.contexts, currentContext});
    return client;
  }
}

/** Whether all that a request needs stands in the files. The client refuses plain HTTP but where TLS is not verified. */
function isPlain({server, proxyUrl}: Cluster, {exec, authProvider}: User): boolean {
  return server.startsWith("https:") && !proxyUrl && !exec && !authProvider;
}

function content(file: string | undefined, data: string | undefined): Buffer | undefined {
  if (file) return readFileSync(file);
  return data ? Buffer.from(data, "base64") : undefined;
}

function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}

function first<Item extends {name: string}>(items: readonly Item[]): Item[] {
  return [...new Map(items.toReversed().map((item) => [item.name, item])).values()].toReversed();
}
