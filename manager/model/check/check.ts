import type {Broken, Mesh} from "../mesh.ts";
import type {Problem} from "../problem.ts";

/** What one object alone cannot tell: everything that needs the others. */
export function checkMesh(_mesh: Mesh, _broken: Broken): Problem[] {
  return [];
}
