import {defineConfig} from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    exclude: ["test/mesh/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
