import {isIP} from "node:net";
import {z} from "zod";
import {check, has} from "./rule.ts";
import {didYouMean} from "./suggest.ts";

/** What all API objects begin with. */
export const apiVersion = "meshlane.dev/v1alpha1";

const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

/** A text of at most `longest` characters that matches `pattern`; the message says what the field must be. */
export function text(pattern: RegExp, must: string, longest: number) {
  const message = `must be ${must}`;
  return z.string().check(
    check(
      (value, context) => {
        if (value.length > longest || !pattern.test(value)) context.addIssue({code: "custom", message});
      },
      {
        rules: [{rule: `self.matches(r"${pattern.source}")`, message}],
        keywords: {pattern: pattern.source, maxLength: longest},
      },
    ),
  );
}

/** Name of an object, a service, a namespace or a workload: a DNS label. */
export const name = text(
  new RegExp(`^${label}$`),
  "a DNS label: a-z, 0-9 and -, at most 63 characters, no - at its ends",
  63,
);

/** `NAMESPACE/NAME`. */
export const namespacedName = text(new RegExp(`^${label}/${label}$`), 'written as "NAMESPACE/NAME"', 127);

/** An HTTP token, as header, cookie and query parameter names are. */
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
export const cookieName = text(new RegExp(`^${token}$`), "a cookie name", 128);
export const queryName = text(/^[^\s&=#?]+$/, "a query parameter's name as it stands in the URI", 128);
export const headerName = text(
  new RegExp(`^${token.replace("A-Z", "")}$`),
  "a header name in lower case, as HTTP/2 sends it",
  128,
);

/** IPv4 or IPv6 network, `10.0.0.0/8`. */
export const cidr = z.string().check(check(checkNetwork, {keywords: {format: "cidr"}}));

function checkNetwork(value: string, context: z.core.$RefinementCtx<string>): void {
  const [address = "", bits = "", ...rest] = value.split("/");
  const family = isIP(address);
  const fits = /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  if (family !== 0 && !address.includes("%") && fits && rest.length === 0) return;
  const remedy = family !== 0 && bits === "" ? `; for this one address write ${value}/${family === 4 ? 32 : 128}` : "";
  context.addIssue({code: "custom", message: `must be a network like 10.0.0.0/8 or 2001:db8::/32${remedy}`});
}

/** `host:port`; an IPv6 host stands in brackets. */
export const address = z.string().refine(isAddress, "must be host:port, like 127.0.0.1:8080");

function isAddress(value: string): boolean {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(value);
  return parts !== null && isPort(Number(parts[2]));
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65535;
}

export const port = z.int().min(1, "must be a port, 1..65535").max(65535, "must be a port, 1..65535");

const labelName = text(
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  "a label's name, like version or example.com/version",
  317,
);
const labelValue = text(
  /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
  "a label's value: at most 63 letters, digits, -, _ and ., the first and last a letter or digit",
  63,
);

/** Kubernetes labels, `{version: v1}`. */
export const labels = z.record(labelName, labelValue).check(size(0, 16, ""));

/** Labels that select pods: at least one. */
export const selector = z.record(labelName, labelValue).check(size(1, 16, "must name at least one label"));

/** How many names a map may have; `few` is said where there are fewer than `least`. */
export function size(least: number, most: number, few: string): z.core.$ZodCheck<object> {
  return check(
    (map, context) => {
      const count = Object.keys(map).length;
      if (count < least) context.addIssue({code: "custom", message: few});
      if (count > most) context.addIssue({code: "custom", message: `must have at most ${most} names, not ${count}`});
    },
    {
      keywords: {maxProperties: most},
      rules: least === 0 ? [] : [{rule: `self.size() >= ${least}`, message: few}],
    },
  );
}

/** A list of at most `most` items. */
export function list<Item extends z.ZodType>(item: Item, most: number) {
  return z.array(item).max(most, `must have at most ${most} items`);
}

/** A list without repeats. */
export function unique<Item extends z.ZodType>(item: Item, most = 64) {
  return list(item, most).check(
    check<z.output<Item>[]>(
      (items, context) => {
        const seen = new Set<string>();
        items.forEach((value, index) => {
          const key = JSON.stringify(value);
          if (seen.has(key)) context.addIssue({code: "custom", path: [index], message: `repeats ${key}`});
          seen.add(key);
        });
      },
      {keywords: {"x-kubernetes-list-type": "set"}},
    ),
  );
}

/**
 * An object with no other fields than those of `shape`. Other fields are answered by `refused` (why, and what to write
 * instead) or by a did-you-mean; one line of the message for each, in the order of the issue's `keys`.
 */
export function object<Shape extends z.ZodRawShape>(shape: Shape, refused: Record<string, string> = {}) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? unknownFields(issue.keys, shape, refused) : undefined),
  });
}

function unknownFields(keys: string[], shape: z.ZodRawShape, refused: Record<string, string>): string {
  const known = Object.keys(shape);
  return keys
    .map((key) => {
      if (Object.hasOwn(refused, key)) return refused[key];
      const hint = didYouMean(key, known) ?? `Known here: ${known.join(", ")}.`;
      return `unknown field "${key.replaceAll("\n", " ")}". ${hint}`;
    })
    .join("\n");
}

/** The fields out of `names` that `value` has. */
export function present(value: object, names: readonly string[]): string[] {
  return names.filter((key) => (value as Record<string, unknown>)[key] !== undefined);
}

/** A check that an object has exactly one of the fields `names`. */
export function exactlyOne(names: readonly string[]): z.core.$ZodCheck<object> {
  return count(names, `must have exactly one of ${names.join(", ")}`, 1);
}

/** A check that an object has none or one of the fields `names`. */
export function atMostOne(names: readonly string[]): z.core.$ZodCheck<object> {
  return count(names, `must have one of ${names.join(", ")}`, 0);
}

function count(names: readonly string[], message: string, least: 0 | 1): z.core.$ZodCheck<object> {
  return check(
    (value, context) => {
      const found = present(value, names);
      if (found.length === 1 || found.length === least) return;
      const what = found.length === 0 ? "" : `, not ${found.join(" and ")} together`;
      context.addIssue({code: "custom", message: `${message}${what}`});
    },
    {rules: [{rule: `[${names.map(has).join(", ")}].filter(it, it).size() ${least === 1 ? "==" : "<="} 1`, message}]},
  );
}

/** Fields that the API server sets; accepted and ignored, so that `kubectl get -o yaml` output validates. */
const serverSet = {
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  managedFields: z.array(z.unknown()).optional(),
  selfLink: z.string().optional(),
  generateName: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.number().optional(),
  ownerReferences: z.array(z.unknown()).optional(),
  finalizers: z.array(z.string()).optional(),
};

/** RFC 3339 time with its offset, `2026-01-31T08:00:00Z`. */
export const time = z.iso.datetime({
  offset: true,
  error: "must be a time with its offset, like 2026-01-31T08:00:00Z (RFC 3339)",
});

export const metadata = object({
  name,
  namespace: name.default("default"),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  creationTimestamp: time.nullish(),
  ...serverSet,
});
