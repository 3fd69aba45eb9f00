// Shared by the host and its AssemblyScript.

/** Stands after each sentence in a corpus of word ids. */
export const SENTENCE_END = -1;
/** The hash is a polynomial of the scattered ids, modulo 2³²: so those of two halves make that of the whole. */
export const HASH_FACTOR = 0x2c1b3c6d;
