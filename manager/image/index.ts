export {type BuiltFile, buildModules} from "./build.ts";
export {type Fetched, fetchArtifact, titledFiles} from "./fetch-artifact.ts";
export {lanesArtifact, readLanes} from "./lanes.ts";
export {isLayout, readLayout, writeLayout} from "./layout.ts";
export {moduleDigests, ownImages} from "./own-images.ts";
export {printable} from "../model/printable.ts";
export {pushArtifact} from "./push-artifact.ts";
export {hasModules, type ModuleReference, pushModules} from "./push-modules.ts";
export {
  formatReference,
  isReference,
  parseReference,
  parseRegistry,
  type Reference,
  withoutCredentials,
} from "./reference.ts";
export {Registry} from "./registry.ts";
export {type Check, verifyArtifact, verifyModule} from "./verify.ts";
export {moduleVersions, type ModuleVersion} from "./versions.ts";
