import type {Destination, Labels} from "../../compile/plan.ts";
import {selects} from "../../model/index.ts";
import type {Inspection} from "./inspection.ts";
import {failed, ok, type Result} from "./result.ts";

/** No pod serves both a lane and the baseline: else the baseline's requests reach the lane's pods. */
export function checkSelectors({desired}: Inspection): Result[] {
  if (desired === undefined) return [];
  const {plan, facts} = desired;
  const podsOf = ({service, labels = {}}: Destination): readonly Labels[] =>
    (facts.services.get(service) ?? []).filter((pod) => selects(labels, pod));
  const found = plan.services.flatMap(({service, baseline, lanes}) => {
    const own = podsOf(baseline);
    return lanes.flatMap(({lane, chain}) => {
      const [first] = chain;
      if (first === undefined || isSame(first, baseline)) return [];
      const shared = podsOf(first).find((pod) => own.includes(pod) || own.some((other) => isAlike(pod, other)));
      if (shared === undefined) return [];
      const message = `pods ${text(shared)} serve lane ${lane} of ${service} and the baseline too: others' requests reach them`;
      const hint =
        first.labels === undefined && baseline.labels === undefined
          ? `Give them labels that the selector of Service ${service} does not match, or name the baseline by labels in the group.`
          : "Give lane and baseline labels that no pod has both of.";
      return [failed("selectors", message, hint)];
    });
  });
  if (found.length > 0) return found;
  return [ok("selectors", "no pod serves both a lane and the baseline")];
}

function isSame(one: Destination, other: Destination): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isAlike(one: Labels, other: Labels): boolean {
  return selects(one, other) && selects(other, one);
}

function text(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
