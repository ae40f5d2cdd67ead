process.env["MESHLANE_LONG"] = "1";
await import("./test-mesh.mjs");
