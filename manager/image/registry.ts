import {z} from "zod";
import {type Content, type Descriptor, digestOf, manifestType} from "./artifact.ts";
import {printable} from "../model/printable.ts";
import {readBounded} from "./read-bounded.ts";
import {isTag} from "./reference.ts";
import {type RegistryOptions, Session} from "./session.ts";
import {discard, patience, type Patience, patiently} from "./transport.ts";

/** Bytes; what registries have to take at least (OCI distribution specification, "Pushing Manifests"). */
const longestManifest = 4 << 20;
const longestRefusal = 1 << 16;
const tagsPage = 1000;
const mostPages = 20;
const tagList = z.object({tags: z.array(z.string().refine(isTag)).nullish()});

/** A client of the OCI distribution API, version 1.1, for one registry. Errors name the registry and what was to be done. */
export class Registry {
  readonly #name: string;
  readonly #rules: Patience;
  readonly #session: Session;

  /** @param name `HOST[:PORT]` */
  constructor(name: string, options: RegistryOptions = {}) {
    this.#name = name;
    this.#rules = options.patience ?? patience;
    this.#session = new Session(name, this.#rules, options);
  }

  /**
   * @param reference tag or digest
   * @returns undefined where there is none
   */
  async manifest(repository: string, reference: string): Promise<Content | undefined> {
    const headers = {accept: manifestType};
    const answer = await this.#pull("GET", `${repository}/manifests/${reference}`, repository, headers);
    if (answer.status === 404) {
      await discard(answer);
      return undefined;
    }
    await this.#expect(answer, [200], `fetching ${repository}:${reference}`);
    const bytes = await readBounded(answer, longestManifest, `${this.#name}: manifest of ${repository}:${reference}`);
    const mediaType = (answer.headers.get("content-type") ?? "").split(";")[0]!.trim();
    return {descriptor: {mediaType, digest: digestOf(bytes), size: bytes.byteLength}, bytes};
  }

  /** Whether there is a manifest of this tag or digest. */
  async hasManifest(repository: string, reference: string): Promise<boolean> {
    const headers = {accept: manifestType};
    const answer = await this.#pull("HEAD", `${repository}/manifests/${reference}`, repository, headers);
    await this.#expect(answer, [200, 404], `looking for ${repository}:${reference}`);
    return answer.status === 200;
  }

  /** @throws Error also when size or digest of what comes differ from what the descriptor says */
  async blob(repository: string, {digest, size}: Descriptor): Promise<Uint8Array> {
    const answer = await this.#pull("GET", `${repository}/blobs/${digest}`, repository);
    await this.#expect(answer, [200], `fetching a blob of ${repository}`);
    const bytes = await readBounded(answer, size, `${this.#name}: blob ${digest} of ${repository}`);
    if (digestOf(bytes) === digest) return bytes;
    throw new Error(`${this.#name}: the blob ${digest} of ${repository} has other content than its digest says`);
  }

  /** Tags in the registry's order; none where there is no such repository. */
  async tags(repository: string): Promise<string[]> {
    const tags: string[] = [];
    let next: string | undefined = `/v2/${repository}/tags/list?n=${tagsPage}`;
    for (let page = 0; next !== undefined && page < mostPages; page++) {
      const {names, following}: TagsPage = await this.#tagsPage(repository, next);
      tags.push(...names);
      next = following;
    }
    return tags;
  }

  /** Uploads the bytes, unless the repository has them. */
  async pushBlob(repository: string, blob: Content): Promise<void> {
    const {digest} = blob.descriptor;
    const scope = pushScope(repository);
    const there = await patiently(
      () => this.#session.send({method: "HEAD", path: `/v2/${repository}/blobs/${digest}`}, scope),
      this.#rules,
    );
    if (there.status === 200) return;
    const answer = await patiently(() => this.#upload(repository, blob), this.#rules);
    await this.#expect(answer, [201, 202, 204], `uploading a blob to ${repository}`);
    await discard(answer);
  }

  /** @param reference tag or digest */
  async pushManifest(repository: string, reference: string, {descriptor, bytes}: Content): Promise<void> {
    const path = `/v2/${repository}/manifests/${reference}`;
    const request = {method: "PUT", path, headers: {"content-type": descriptor.mediaType}, body: bytes} as const;
    const answer = await patiently(() => this.#session.send(request, pushScope(repository)), this.#rules);
    await this.#expect(answer, [201, 202], `pushing ${repository}:${reference}`);
    await discard(answer);
  }

  /** In one piece: a POST for the place, a PUT of the bytes. A lost upload begins anew. */
  async #upload(repository: string, {descriptor, bytes}: Content): Promise<Response> {
    const scope = pushScope(repository);
    const begun = await this.#session.send({method: "POST", path: `/v2/${repository}/blobs/uploads/`}, scope);
    const location = begun.headers.get("location");
    if (begun.status !== 202 || location === null) return begun;
    await discard(begun);
    const url = await this.#session.place(location);
    url.searchParams.set("digest", descriptor.digest);
    const headers = {"content-type": "application/octet-stream"};
    return this.#session.send({method: "PUT", path: url.href, headers, body: bytes}, scope);
  }

  #pull(
    method: "GET" | "HEAD",
    path: string,
    repository: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const request = {method, path: `/v2/${path}`, headers};
    return patiently(() => this.#session.send(request, `repository:${repository}:pull`), this.#rules);
  }

  async #tagsPage(repository: string, path: string): Promise<TagsPage> {
    const request = {method: "GET", path} as const;
    const answer = await patiently(() => this.#session.send(request, `repository:${repository}:pull`), this.#rules);
    await this.#expect(answer, [200, 404], `listing the tags of ${repository}`);
    const bytes = await readBounded(answer, longestManifest, `${this.#name}: list of tags of ${repository}`);
    if (answer.status === 404) return {names: [], following: undefined};
    const names = tagsIn(bytes);
    if (names === undefined) {
      throw new Error(
        `${this.#name}: listing the tags of ${repository}: it answered something else. Is it a registry, and is no login page before it?`,
      );
    }
    const following = /<([^>]+)>\s*;\s*rel="?next"?/.exec(answer.headers.get("link") ?? "")?.[1];
    return {names, following};
  }

  async #expect(answer: Response, statuses: readonly number[], doing: string): Promise<void> {
    if (statuses.includes(answer.status)) return;
    const said = await reasonIn(answer);
    throw new Error(`${this.#name}: ${doing}: ${answer.status}${said}${hintOf(answer.status)}`);
  }
}

interface TagsPage {
  names: string[];
  following: string | undefined;
}

function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

/** Undefined where it is no list of tags. A repository without any may have null for it. */
function tagsIn(bytes: Uint8Array): string[] | undefined {
  try {
    return tagList.parse(JSON.parse(Buffer.from(bytes).toString("utf8"))).tags ?? [];
  } catch {
    return undefined;
  }
}

/** What the registry itself says (OCI distribution specification, "Error Codes"), in one short line. */
async function reasonIn(answer: Response): Promise<string> {
  try {
    const text = Buffer.from(await readBounded(answer, longestRefusal, "refusal")).toString("utf8");
    const {errors} = JSON.parse(text) as {errors?: {code?: string; message?: string}[]};
    const said = (errors ?? []).map(({code, message}) => [code, message].filter(Boolean).join(" ")).join("; ");
    return said === "" ? "" : ` ${printable(said).slice(0, 300)}`;
  } catch {
    return "";
  }
}

function hintOf(status: number): string {
  if (status === 401) return ". It refuses the credentials of the Docker configuration: docker login again";
  if (status === 403) return ". Who is logged in may not do this: ask the registry's owner, or log in as somebody else";
  if (status === 404) return ". There is no such repository, tag or digest";
  return "";
}
