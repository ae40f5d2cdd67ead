import {expect, test} from "vitest";
import {parseChallenges} from "../../../manager/image/challenge.ts";

test("a token server, its service and the scope are read", () => {
  expect(
    parseChallenges(
      'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"',
    ),
  ).toEqual([
    {
      scheme: "bearer",
      parameters: {realm: "https://auth.example.com/token", service: "registry", scope: "repository:a/b:pull,push"},
    },
  ]);
});

test("several ways in one header are told apart", () => {
  const found = parseChallenges('Negotiate, Basic realm="a, b", Bearer realm="https://x/y" , service=z');
  expect(found.map(({scheme}) => scheme)).toEqual(["negotiate", "basic", "bearer"]);
  expect(found[1]!.parameters).toEqual({realm: "a, b"});
  expect(found[2]!.parameters).toEqual({realm: "https://x/y", service: "z"});
});
