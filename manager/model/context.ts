/** The header that names the lane of a request. */
export const CONTEXT = "x-swimlane";
