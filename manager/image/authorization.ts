import {z} from "zod";
import {mayAsk} from "./address.ts";
import {type Challenge, parseChallenges} from "./challenge.ts";
import type {Credentials} from "./credentials.ts";
import {printable} from "../model/printable.ts";
import {readBounded} from "./read-bounded.ts";
import {discard, patiently, type Request, type Rules, send} from "./transport.ts";

const clientId = "meshlane";
const longestTokenAnswer = 1 << 20;
/** What a header takes. */
const visible = z.string().regex(/^[!-~]*$/);
const tokenShape = z
  .object({token: visible.optional(), access_token: visible.optional()})
  .transform(({token, access_token}) => token ?? access_token ?? "");

/**
 * The `Authorization` header that answers a registry's 401: Basic, or a token of the server that it names
 * (distribution.github.io/distribution/spec/auth/token). Undefined when it asks for credentials and there are none.
 * @param scope what is to be done, like `repository:mesh/inbound:pull,push`
 * @throws Error when the token server refuses, or is not to be trusted with credentials
 */
export async function authorize(
  refused: Response,
  registry: URL,
  scope: string,
  credentials: Credentials | undefined,
  rules: Rules,
): Promise<string | undefined> {
  if (credentials?.kind === "bearer") return `Bearer ${credentials.token}`;
  const offered = parseChallenges(refused.headers.get("www-authenticate") ?? "");
  const bearer = offered.find(({scheme}) => scheme === "bearer");
  if (bearer !== undefined) return `Bearer ${await fetchToken(bearer, registry, scope, credentials, rules)}`;
  return credentials?.kind === "password" ? basic(credentials) : undefined;
}

async function fetchToken(
  {parameters}: Challenge,
  registry: URL,
  scope: string,
  credentials: Credentials | undefined,
  rules: Rules,
): Promise<string> {
  const realm = parseRealm(parameters["realm"] ?? "", registry, rules);
  const fields = new URLSearchParams();
  if (parameters["service"] !== undefined) fields.set("service", parameters["service"]);
  for (const each of new Set([scope, parameters["scope"] ?? scope])) fields.append("scope", each);
  const request =
    credentials?.kind === "identity" ? exchange(realm, fields, credentials.token) : ask(realm, fields, credentials);
  const answer = await patiently(() => send(request, rules), rules);
  if (!answer.ok) {
    await discard(answer);
    const whose = credentials === undefined ? "without credentials" : "for the credentials of the Docker configuration";
    throw new Error(`${realm.host}: the token server of ${registry.host} gives no token ${whose} (${answer.status})`);
  }
  const text = Buffer.from(await readBounded(answer, longestTokenAnswer, `token of ${realm.host}`)).toString("utf8");
  const token = tokenShape.safeParse(parseJson(text));
  if (!token.success || token.data === "")
    throw new Error(`${realm.host}: the token server's answer has no token in it`);
  return token.data;
}

function ask(realm: URL, fields: URLSearchParams, credentials: Credentials | undefined): Request {
  const url = new URL(realm);
  for (const [name, value] of fields) url.searchParams.append(name, value);
  if (credentials?.kind !== "password") return {method: "GET", url};
  url.searchParams.append("account", credentials.username);
  return {method: "GET", url, headers: {authorization: basic(credentials)}};
}

/** An identity token is one of OAuth 2 for refreshing, which wants a POST and one field for all scopes. */
function exchange(realm: URL, fields: URLSearchParams, token: string): Request {
  const body = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: token,
    service: fields.get("service") ?? "",
    scope: fields.getAll("scope").join(" "),
  });
  const headers = {"content-type": "application/x-www-form-urlencoded"};
  return {method: "POST", url: realm, headers, body: body.toString()};
}

/** Nobody shall be talked into sending a password in plain text. */
function parseRealm(text: string, registry: URL, rules: Rules): URL {
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  if (realm !== undefined && mayAsk(realm, rules)) return realm;
  throw new Error(
    `${registry.host}: it names a token server that is not asked: "${printable(text)}" is no https:// address`,
  );
}

function basic({username, password}: {username: string; password: string}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
