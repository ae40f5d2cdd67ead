import {expect, test} from "vitest";
import {parse} from "yaml";
import {printData, printObjects} from "../../../manager/cli/print.ts";

test.each(["yes", "No", "on", "off", "y", "~", "0123", "1_000", "12:30:45", "0b1", "2026-01-01", "<<", "=", "1e3"])(
  "the text %s is one to kubectl too, which reads YAML 1.1, as a value and as a key",
  (text) => {
    const object = {metadata: {name: text, labels: {[text]: text}}, spec: {regex: [text]}};
    for (const version of ["1.1", "1.2"] as const) {
      expect(parse(printObjects([object], "yaml"), {version})).toEqual(object);
      expect(parse(printData(object, "yaml"), {version})).toEqual(object);
    }
  },
);
