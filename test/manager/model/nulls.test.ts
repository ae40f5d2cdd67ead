import {expect, test} from "vitest";
import {withoutNulls} from "../../../manager/model/kubernetes.ts";

test("what is null goes, in objects and lists of any depth, and all else stays", () => {
  const kept = {text: "", number: 0, no: false, empty: {}, list: [[], {}]};
  expect(withoutNulls({...kept, gone: null, in: {gone: null, kept}, all: [null, {gone: null, kept}, [null]]})).toEqual({
    ...kept,
    in: {kept},
    all: [{kept}, []],
  });
});
