import type {JsonObject} from "../filter-config.ts";

/** Path -> content. Folders: `endpoints/`, `routes/`, `proxies/NAME/`; each proxy runs in its own folder. */
export type Files = Readonly<Record<string, JsonObject>>;
