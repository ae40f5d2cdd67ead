import {addressIn, isLoopback} from "./address.ts";
import {authorize} from "./authorization.ts";
import {type Credentials, credentialsFor, dockerConfigPath} from "./credentials.ts";
import {discard, type Patience, type Request, type Rules, send, spokePlainHttp} from "./transport.ts";

export interface RegistryOptions {
  /** Speak plain HTTP also to other machines. */
  readonly plainHttp?: boolean;
  /** Where `DOCKER_CONFIG` and `HOME` are read; the process's own if left out. */
  readonly env?: NodeJS.ProcessEnv;
  readonly patience?: Patience;
}

/** Docker's own registry answers at another address than images of it are named by. */
const apiHosts: Readonly<Record<string, string>> = {"docker.io": "registry-1.docker.io"};

/** Requests to one registry, with the authorization that it asks for. */
export class Session {
  readonly #name: string;
  readonly #rules: Rules;
  readonly #options: RegistryOptions;
  readonly #authorizations = new Map<string, string>();
  #base: Promise<URL> | undefined;
  #credentials: Promise<Credentials | undefined> | undefined;

  /** @param name `HOST[:PORT]` */
  constructor(name: string, rules: Patience, options: RegistryOptions) {
    this.#name = name;
    this.#rules = {...rules, plainHttp: options.plainHttp === true};
    this.#options = options;
  }

  /** Sends with what is held for the scope; where the registry asks for authorization, once more with one. */
  async send(request: Omit<Request, "url"> & {path: string}, scope: string): Promise<Response> {
    const origin = await this.#origin();
    const {path, ...rest} = request;
    const url = addressIn(path, origin, this.#rules);
    // Upload places may be another machine's, which is no business of our credentials.
    if (url.origin !== origin.origin) return send({...rest, url}, this.#rules);
    const once = (authorization: string | undefined) =>
      send({...rest, url, headers: {...rest.headers, ...(authorization && {authorization})}}, this.#rules);
    const answer = await once(this.#authorizations.get(scope));
    // Nor may another machine that it sent us to say who gets them.
    if (answer.status !== 401 || new URL(answer.url).origin !== origin.origin) return answer;
    await discard(answer);
    const credentials = await this.#findCredentials();
    const authorization = await authorize(answer, origin, scope, credentials, this.#rules);
    if (authorization === undefined) throw new Error(this.#askForLogin());
    this.#authorizations.set(scope, authorization);
    return once(authorization);
  }

  /** Where an upload is to go, by the `Location` of an answer. */
  async place(location: string): Promise<URL> {
    return addressIn(location, await this.#origin(), this.#rules);
  }

  #findCredentials(): Promise<Credentials | undefined> {
    this.#credentials ??= credentialsFor(this.#name, this.#options.env ?? process.env);
    return this.#credentials;
  }

  #askForLogin(): string {
    const path = dockerConfigPath(this.#options.env ?? process.env);
    return `${this.#name}: the registry asks for credentials, and ${path} has none for it: docker login ${this.#name}`;
  }

  #origin(): Promise<URL> {
    this.#base ??= this.#findOrigin();
    return this.#base;
  }

  /** A registry on this machine may speak either; any other speaks TLS unless told otherwise. */
  async #findOrigin(): Promise<URL> {
    const host = apiHosts[this.#name] ?? this.#name;
    const plain = new URL(`http://${host}`);
    if (this.#options.plainHttp === true) return plain;
    const secure = new URL(`https://${host}`);
    if (!isLoopback(secure.hostname)) return secure;
    try {
      const answer = await send({method: "GET", url: new URL("/v2/", secure)}, this.#rules);
      await discard(answer);
      return secure;
    } catch (error) {
      if (spokePlainHttp(error)) return plain;
      throw error;
    }
  }
}
