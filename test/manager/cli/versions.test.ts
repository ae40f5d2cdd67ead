import {expect, test} from "vitest";
import {meshlane} from "./captured.ts";
import {version, withRegistry} from "./registry.ts";

const {registry} = withRegistry();

test("without a registry it lists what this meshlane comes with, by itself", async () => {
  const {code, stdout} = await meshlane(["versions"]);
  expect(code).toBe(0);
  const [head, ...rows] = stdout.trimEnd().split("\n");
  expect(head).toBe("VERSION  MODULE         DIGEST");
  expect(rows.map((row) => row.replace(/sha256:[0-9a-f]{64}$/, "..."))).toEqual([
    `${version}    inbound        ...`,
    `${version}    outbound       ...`,
    `${version}    edge           ...`,
    `${version}    edge-response  ...`,
  ]);
});

test("with a registry it says what is there, and what is not", async () => {
  await meshlane(["push", "--registry", registry().host, "--module", "edge"]);
  const {stdout} = await meshlane(["versions", "--registry", registry().host]);
  const notes = stdout
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((row) => row.replace(/ +sha256:\w+ +/, " "));
  expect(notes).toEqual([
    `${version}    inbound this meshlane's, not in the registry`,
    `${version}    outbound this meshlane's, not in the registry`,
    `${version}    edge this meshlane's`,
    `${version}    edge-response this meshlane's, not in the registry`,
  ]);
});

test.each([
  ["localhost:99999/x", "99999 is no port, which is between 1 and 65535"],
  ["999.999.999.999/x", `"999.999.999.999" is no registry`],
])("--registry %s is wrong usage", async (place, message) => {
  const {code, stdout, stderr} = await meshlane(["versions", "--registry", place]);
  expect({code, stdout}).toEqual({code: 2, stdout: ""});
  expect(stderr).toContain(message);
});
