import {spawn} from "node:child_process";
import {readFile} from "node:fs/promises";
import {homedir} from "node:os";
import {join} from "node:path";
import {z} from "zod";

/** How to prove to a registry who one is. Never to be printed. */
export type Credentials =
  | {readonly kind: "password"; readonly username: string; readonly password: string}
  /** To be exchanged at the token server. */
  | {readonly kind: "identity"; readonly token: string}
  /** To be sent as it is. */
  | {readonly kind: "bearer"; readonly token: string};

const entryShape = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
type Entry = z.infer<typeof entryShape>;

const configShape = z.object({
  auths: z.record(z.string(), entryShape).default({}),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).default({}),
});

const helperShape = z.object({Username: z.string(), Secret: z.string()});
const helperName = /^[\w.-]+$/;
const helperTimeoutMs = 30_000;

/** The names under which Docker's own registry stands in configurations. */
const dockerHub = {registry: "docker.io", key: "https://index.docker.io/v1/"};

/** The file that `docker login` and its like write. */
export function dockerConfigPath(env: NodeJS.ProcessEnv): string {
  return join(env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker"), "config.json");
}

/**
 * What Docker's configuration has for a registry: its credential helper, else the store, else the file itself
 * (docs.docker.com/reference/cli/docker/login, "Credential helpers").
 * @param registry `HOST[:PORT]`
 * @throws Error when the file or a helper is broken; no secret is in the message
 */
export async function credentialsFor(registry: string, env: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  const config = await readConfig(dockerConfigPath(env));
  if (config === undefined) return undefined;
  const key = registry === dockerHub.registry ? dockerHub.key : registry;
  const helper = config.credHelpers[registry] ?? config.credsStore;
  const held = helper === undefined ? undefined : await askHelper(helper, key, env);
  if (held !== undefined) return held;
  const wanted = hostOf(key);
  const entry = Object.entries(config.auths).find(([name]) => hostOf(name) === wanted);
  return entry && ofEntry(entry[1]);
}

async function readConfig(path: string): Promise<z.infer<typeof configShape> | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return configShape.parse(JSON.parse(text));
  } catch {
    // What exactly is wrong may quote a secret.
    throw new Error(`${path} is no Docker configuration: mend it, or name another folder by DOCKER_CONFIG`);
  }
}

/** Keys are written with scheme and path by some tools, and without by others. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function ofEntry({auth, username, password, identitytoken, registrytoken}: Entry): Credentials | undefined {
  if (registrytoken) return {kind: "bearer", token: registrytoken};
  if (identitytoken) return {kind: "identity", token: identitytoken};
  if (username && password) return {kind: "password", username, password};
  const decoded = Buffer.from(auth ?? "", "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon <= 0) return undefined;
  return {kind: "password", username: decoded.slice(0, colon), password: decoded.slice(colon + 1)};
}

async function askHelper(name: string, key: string, env: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  if (!helperName.test(name))
    throw new Error(`the Docker configuration names a credential helper "${name}": no such name`);
  const program = `docker-credential-${name}`;
  const {code, output} = await runHelper(program, key, env);
  if (code !== 0 && /credentials not found/i.test(output)) return undefined;
  if (code !== 0) throw new Error(`${program} get failed for ${key} (exit code ${code}): try it by hand`);
  const answer = helperShape.safeParse(parseJson(output));
  if (!answer.success) throw new Error(`${program} get answered for ${key} what is no credential: try it by hand`);
  const {Username: username, Secret: secret} = answer.data;
  if (username === "<token>") return {kind: "identity", token: secret};
  return username === "" || secret === "" ? undefined : {kind: "password", username, password: secret};
}

function runHelper(program: string, input: string, env: NodeJS.ProcessEnv): Promise<{code: number; output: string}> {
  return new Promise((resolve, reject) => {
    const options = {env, stdio: ["pipe", "pipe", "ignore"] as ["pipe", "pipe", "ignore"], timeout: helperTimeoutMs};
    const child = spawn(program, ["get"], options);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", ({message}) =>
      reject(
        new Error(`the Docker configuration names the credential helper ${program}, which does not run: ${message}`),
      ),
    );
    child.on("close", (code) => resolve({code: code ?? 1, output}));
    // A helper that does not read its input is no failure.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
