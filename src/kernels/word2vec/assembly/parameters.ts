// Layout of the parameter block, 4 bytes each; written by ../../word2vec-kernel.ts.
export const INPUT_VECTORS: usize = 0;
export const OUTPUT_VECTORS: usize = 4;
export const ROW_BYTES: usize = 8;
export const KEEP_THRESHOLDS: usize = 12;
export const ALIAS_THRESHOLDS: usize = 16;
export const ALIAS_WORDS: usize = 20;
export const WORD_COUNT: usize = 24;
export const WINDOW: usize = 28;
export const NEGATIVES: usize = 32;
export const NOISE_POOL_SIZE: usize = 36;
// Scratch.
export const NOISE_POOL: usize = 40; // addresses of rows
export const NOISE_SETS: usize = 44; // one for each draw of a group: number of rows, their addresses, their weights
export const NOISE_SET_BYTES: usize = 48;
export const OUTPUT_ROWS: usize = 52; // addresses of the rows of a centre
export const OUTPUT_WEIGHTS: usize = 56; // each twice, for the two context rows of a tile
export const CONTEXT_ROWS: usize = 60; // addresses, in pairs
export const PRODUCTS: usize = 64; // dot products, then gradients: for each pair of context rows, tile by tile; with CBOW for one row
export const KEPT: usize = 68; // kept word ids of the block
export const ZERO_ROW: usize = 72; // a row of zeros that fills the last tile and the last pair
export const LOSS: usize = 76; // four sums

export const LOSS_KIND: usize = 80; // 0 negative sampling, 1 hierarchical softmax, 2 full softmax
export const PATH_OFFSETS: usize = 84;
export const PATH_STEPS: usize = 88;
export const CBOW: usize = 92;
export const CBOW_MEAN: usize = 96; // 1: the mean, 0: the sum
export const CBOW_SHARE: usize = 100; // 1: each context row gets its share of the error, 0: the whole
export const OUTPUT_SIGNS: usize = 104; // scratch, as OUTPUT_WEIGHTS: −1 for the label 1, 1 for the label 0
export const HIDDEN: usize = 108; // scratch, a row: what CBOW predicts from
export const HIDDEN_ERROR: usize = 112; // scratch, a row: the error of that
export const COPIED_INPUTS: usize = 116; // rows; 0 if this worker trains alone
export const FIRST_COPIED_OUTPUT: usize = 120; // the first copied input row is 0
export const INPUT_COPIES: usize = 124; // scratch: the copied rows, and behind them the same as they were when they were copied
export const OUTPUT_COPIES: usize = 128;
export const MERGE_SHARE: usize = 132; // float: the largest, see mergeRows
// Scratch of full softmax, for the examples of a batch.
export const EXAMPLE_WORDS: usize = 136; // for each: number of inputs, number of targets, inputs, targets
export const EXAMPLE_BYTES: usize = 140;
export const BATCH_HIDDEN: usize = 144; // rows
export const BATCH_ERRORS: usize = 148; // rows
export const LOGITS: usize = 152; // for each word one for each example, then their gradients
export const SOFTMAX_SUMS: usize = 156; // doubles, one for each example
export const SOFTMAX_SCALES: usize = 160; // one for each example

// Scratch of deterministic training, and where the matrices lie outside: for each row the address of the worker's own copy of it, or 0;
// 0 if there are none.
export const INPUT_MAP: usize = 164;
export const OUTPUT_MAP: usize = 168;
export const OWN_ROWS: usize = 172;

export const INPUT_FACTORS: usize = 176; // a float for each word; 0 if there are none
export const SAVED_ROWS: usize = 180; // scratch: for each saved row its address, its factor, then, in a table of their own, the rows
export const SAVED_VALUES: usize = 184;

export const SUBWORD_OFFSETS: usize = 188; // 0 if there are no subwords
export const SUBWORD_ROWS: usize = 192;
export const POSITION_ROWS: usize = 196; // scratch: for each position in a window its row, and the row as it was in the beginning
export const POSITIONS: usize = 200;

export const CENTRES_PER_DRAW: usize = 204; // so many centres share their noise words and are trained together
// Scratch of skip-gram, for the second of two centres that are trained together.
export const SECOND_WEIGHTS: usize = 208; // as OUTPUT_WEIGHTS
export const FIRST_COUNTS: usize = 212; // a float for each context row: how often it stands in the first centre's window
export const SECOND_COUNTS: usize = 216;
export const FRESH_NOISE: usize = 220; // so many words of the noise pool are replaced for each group of centres
export const COPIED_OUTPUTS: usize = 224; // rows from FIRST_COPIED_OUTPUT
// Of the copied rows the ones that are merged more often; of the inputs from 0 on.
export const HOTTEST_INPUTS: usize = 232;
export const HOTTEST_OUTPUTS: usize = 236;
export const FIRST_HOTTEST_OUTPUT: usize = 240;
export const OWN_ROWS_LIMIT: usize = 228; // where own rows are merged before the next block or group; 0 if the matrices do not lie outside

/** As in ../../word2vec.ts. */
export const CENTRES_PER_GROUP: i32 = 8;
export const EXAMPLES_PER_BATCH: usize = 8;
