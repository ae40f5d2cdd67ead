import fc from "fast-check";

/** What speaks against a property, with the counterexample; undefined where it held each time. */
export function failure<T>(property: fc.IProperty<T>, runs: number): string | undefined {
  return fc.defaultReportMessage(fc.check(property, {numRuns: runs}));
}
