/** The modules that a mesh gets, each as an image of its own, by file name without `.wasm`. */
export const meshModules = ["inbound", "outbound", "edge", "edge-response"] as const;

export type MeshModule = (typeof meshModules)[number];

/** A module of the filter by its file name without `.wasm`. */
export type Module = MeshModule | "outbound-playground" | "empty";
