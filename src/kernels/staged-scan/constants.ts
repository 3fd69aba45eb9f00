// Shared by the host and its AssemblyScript.

/** Rounding to float32 of what a scan by distance computes, relative to its parts. */
export const DISTANCE_ROUNDING = 2e-6;
/** Lengths of the rest of rows are bytes of 1 / 200, rounded up: 255 of them are more than any row of 4,900 dimensions can have. */
export const REST_UNITS = 200;
