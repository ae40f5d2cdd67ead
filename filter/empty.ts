/** A module that decides nothing: every request stays as it is. */

export {allocate as proxy_on_memory_allocate} from "./host/arena";

export function proxy_abi_version_0_2_1(): void {}
