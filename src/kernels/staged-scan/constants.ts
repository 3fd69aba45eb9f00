// Shared by the host and its AssemblyScript.

/** Codes of coarse queries have no sign: 1 … 127 stand for −63 … 63. */
export const COARSE_ZERO = 64;
/** Rounding to float32 of what a scan computes, at most 1 in size. */
export const ROUNDING = 1e-6;
/** The same of what a scan by distance computes, relative to its parts. */
export const DISTANCE_ROUNDING = 2e-6;
/** Lengths of the rest of rows are bytes of 1 / 200, rounded up: 255 of them are more than any row of 4,900 dimensions can have. */
export const REST_UNITS = 200;
/** Rows of a block. */
export const BLOCK_ROWS = 16;
