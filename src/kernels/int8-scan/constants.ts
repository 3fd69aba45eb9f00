// Shared by the host and its AssemblyScript.

/** Codes of coarse queries have no sign: 1 … 127 stand for −63 … 63. */
export const COARSE_ZERO = 64;
/** Rounding to float32 of what a scan computes, at most 1 in size. */
export const ROUNDING = 1e-6;
/** Rows of a block. */
export const BLOCK_ROWS = 16;
