/** Whether version `one` comes after `other`, as SemVer orders them; a pre-release comes before its release. */
export function isNewer(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  const index = a.numbers.findIndex((number, place) => number !== b.numbers[place]);
  if (index >= 0) return a.numbers[index]! > (b.numbers[index] ?? 0);
  if (a.stage === "" || b.stage === "") return a.stage === "" && b.stage !== "";
  return a.stage.localeCompare(b.stage, "en", {numeric: true}) > 0;
}

function partsOf(version: string): {numbers: number[]; stage: string} {
  const [, numbers = "", stage = ""] = /^(\d+\.\d+\.\d+)(?:-([^+]*))?/.exec(version) ?? [];
  return {numbers: numbers.split(".").map(Number), stage};
}
