import {expect, test} from "vitest";
import {formatReference, parseReference, parseRegistry, withoutCredentials} from "../../../manager/image/reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

test.each([
  ["oci://registry.example.com/mesh/inbound:0.1.0", {repository: "mesh/inbound", tag: "0.1.0"}],
  [`oci://registry.example.com/inbound@${digest}`, {repository: "inbound", digest}],
  [`registry.example.com/a/b/c:v1@${digest}`, {repository: "a/b/c", tag: "v1", digest}],
])("%s is read", (text, parts) => {
  expect(parseReference(text)).toEqual({registry: "registry.example.com", ...parts});
  expect(`oci://${formatReference(parseReference(text))}`).toBe(text.startsWith("oci://") ? text : `oci://${text}`);
});

test.each(["localhost/x:1", "localhost:5000/x:1", "127.0.0.1:5000/x:1", "[::1]:5000/x:1", "registry:5000/x:1"])(
  "a port's colon is no tag's: %s",
  (text) => {
    expect(parseReference(text)).toMatchObject({repository: "x", tag: "1"});
  },
);

test.each([
  ["oci://mesh/inbound:1", `"mesh" is no registry`],
  ["oci://registry.example.com", "names no repository"],
  ["oci://registry.example.com/Mesh:1", `"Mesh" is no repository`],
  ["oci://registry.example.com/../x:1", `"../x" is no repository`],
  ["oci://registry.example.com/x:a b", `"a b" is no tag`],
  ["oci://registry.example.com/x@sha256:12", `"sha256:12" is no digest`],
  ["oci://localhost:99999/x:1", "99999 is no port"],
  ["oci://localhost:0/x:1", "0 is no port"],
  ["oci://999.999.999.999/x:1", `"999.999.999.999" is no registry: its host is no name and no address`],
  ["oci://[:::]:80/a:b", `"[:::]:80" is no registry: its host is no name and no address`],
])("%s is refused with the part that is wrong", (text, reason) => {
  expect(() => parseReference(text)).toThrow(reason);
});

test("modules may lie at the top of a registry or below a path", () => {
  expect(parseRegistry("registry.example.com:5000")).toEqual({registry: "registry.example.com:5000", path: ""});
  expect(parseRegistry("registry.example.com/mesh/prod/")).toEqual({
    registry: "registry.example.com",
    path: "mesh/prod",
  });
  expect(() => parseRegistry("mesh")).toThrow(`"mesh" is no registry`);
  expect(() => parseRegistry("localhost:65536")).toThrow("65536 is no port");
});

test.each([
  ["ci:hunter2@10.190.0.1:5000/mesh", "***@10.190.0.1:5000/mesh"],
  ["oci://ci:hunter2@registry.example.com/x:1", "oci://***@registry.example.com/x:1"],
  ["https://ci:hunter2@registry.example.com/x", "https://***@registry.example.com/x"],
  ["ci:hunter2@registry.example.com", "***@registry.example.com"],
  ["ci:p@hunter2@registry.example.com/x", "***@registry.example.com/x"],
  ["ci:p/hunter2@registry.example.com/x", "***@registry.example.com/x"],
  [`hunter2@registry.example.com/x@${digest}`, `***@registry.example.com/x@${digest}`],
])("credentials in a reference are refused with the remedy, and not repeated: %s", (text, shown) => {
  for (const parse of [parseReference, parseRegistry])
    expect(() => parse(text)).toThrow(
      `reference ${shown}: credentials do not belong in a reference. Take them out, and run docker login: ` +
        "they are read from the Docker configuration",
    );
  const told = `registry.example.com/x:1@${digest}`;
  expect([told, `oci://${told}`, "./a.wasm"].map(withoutCredentials)).toEqual([told, `oci://${told}`, "./a.wasm"]);
});
