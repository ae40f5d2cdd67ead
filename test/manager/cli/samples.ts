import {join} from "node:path";
import {fileURLToPath} from "node:url";

export const samples = fileURLToPath(new URL("../../../deploy/samples", import.meta.url));
export const shop = join(samples, "shop.yaml");
export const playground = join(samples, "playground.yaml");

/** Two problems, on its lines 5 and 6. */
export const broken = `apiVersion: meshlane.dev/v1alpha1
kind: SwimLane
metadata: {name: ann}
spec:
  weight: a
  services: []
`;
