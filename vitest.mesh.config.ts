import {configDefaults, defineConfig} from "vitest/config";

const long = "test/mesh/**/*.long.test.ts";
/** `npm run test:long` runs what takes too long for `npm run test:mesh`, and nothing else. */
const isLong = process.env["MESHLANE_LONG"] !== undefined;

export default defineConfig({
  test: {
    environment: "node",
    include: [isLong ? long : "test/mesh/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(isLong ? [] : [long])],
    globalSetup: ["test/mesh/global-setup.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
