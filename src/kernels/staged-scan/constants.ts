// Shared by the host and its AssemblyScript.

/** Rounding to float32 of what a scan by distance computes, relative to its parts. */
export const DISTANCE_ROUNDING = 2e-6;
/** Lengths of the rest of rows are bytes of 1 / 200, rounded up: 255 of them are more than any row of 4,900 dimensions can have. */
export const REST_UNITS = 200;
/** Binary logarithm of the rows of a chunk. */
export const CHUNK_BITS = 12;
/** Its leading codes stay in the second-level cache, so that all queries find them there. */
export const CHUNK_ROWS = 1 << CHUNK_BITS;
/** The byte of an error that says that there is no row. */
export const NO_ROW = 255;
/** Sums of so many leading codes fit in 16 bits. */
export const MOST_SHORT_SUMS = 258;
