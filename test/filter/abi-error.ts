/** A call that the ABI forbids. It fails the test even where the module would swallow a status. */
export class AbiError extends Error {}
