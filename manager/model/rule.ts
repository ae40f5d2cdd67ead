import {z} from "zod";

/** What the API server is told of a check. */
export interface ServerForm {
  /** Rules in CEL over `self`; `message` continues the path of what is wrong, as that of the check does. */
  readonly rules?: readonly CelRule[];
  /** Keywords of its schema, such as `maxProperties` or `x-kubernetes-list-type`. */
  readonly keywords?: Readonly<Record<string, unknown>>;
}

export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** The field that the message is about, `.spec.weight`, where it is not `self`. */
  readonly fieldPath?: string;
}

type Context<Value> = z.core.$RefinementCtx<Value>;

/** A check for `.check(...)` that also says its form for the API server, so that the CRDs follow from the model. */
export function check<Value>(
  test: (value: Value, context: Context<Value>) => void,
  form: ServerForm,
): z.core.$ZodCheck<Value> {
  const made = z.superRefine(test);
  made._zod.onattach.push(({_zod: {bag}}) => {
    const before = serverForm(bag);
    bag["serverForm"] = {
      rules: [...(before.rules ?? []), ...(form.rules ?? [])],
      keywords: {...before.keywords, ...form.keywords},
    } satisfies ServerForm;
  });
  return made;
}

/** A check with one message and one rule. */
export function rule<Value>(test: (value: Value) => boolean, message: string, cel: string): z.core.$ZodCheck<Value> {
  return check(
    (value, context) => {
      if (!test(value)) context.addIssue({code: "custom", message});
    },
    {rules: [{rule: cel, message}]},
  );
}

/** For the API server alone, about what the model checks elsewhere with better words. */
export function serverRule<Value>(message: string, cel: string, fieldPath: string): z.core.$ZodCheck<Value> {
  return check(() => {}, {rules: [{rule: cel, message, fieldPath}]});
}

/** What the checks of a schema said, by its bag. */
export function serverForm(bag: Record<string, unknown>): ServerForm {
  return (bag["serverForm"] ?? {}) as ServerForm;
}

/** Whether `self` has the field, in CEL; words of CEL's own are escaped. */
export function has(field: string): string {
  return `has(self.${celWords.has(field) ? `__${field}__` : field})`;
}

/** Those of CEL's words that are fields here; the API server reads them between underscores. */
const celWords = new Set(["in"]);
