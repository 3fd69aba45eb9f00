// Layout of the parameter block: the offset of each parameter, 4 bytes each. Both sides import it: word2vec-kernel.ts writes
// the block, assembly/ reads it.
export const INPUT_VECTORS = 0;
export const OUTPUT_VECTORS = 4;
export const ROW_BYTES = 8;
export const KEEP_THRESHOLDS = 12;
export const ALIAS_THRESHOLDS = 16;
export const ALIAS_WORDS = 20;
export const WORD_COUNT = 24;
export const WINDOW = 28;
export const NEGATIVES = 32;
export const NOISE_POOL_SIZE = 36; // 0: negative samples are drawn from all words
// Scratch.
export const NOISE_POOL = 40; // addresses of rows
export const NOISE_SETS = 44; // one for each draw of a group: number of rows, their addresses, their weights
export const NOISE_SET_BYTES = 48;
export const OUTPUT_ROWS = 52; // addresses of the rows of a centre
export const OUTPUT_WEIGHTS = 56; // each twice, for the two context rows of a tile
export const CONTEXT_ROWS = 60; // addresses, in pairs
export const PRODUCTS = 64; // dot products, then gradients: for each pair of context rows, tile by tile; with CBOW for one row
export const KEPT = 68; // kept word ids of the block
export const ZERO_ROW = 72; // a row of zeros that fills the last tile and the last pair
export const LOSS = 76; // four sums

export const LOSS_KIND = 80; // 0 negative sampling, 1 hierarchical softmax, 2 full softmax
export const PATH_OFFSETS = 84;
export const PATH_STEPS = 88;
export const CBOW = 92;
export const CBOW_MEAN = 96; // 1: the mean, 0: the sum
export const CBOW_SHARE = 100; // 1: each context row gets its share of the error, 0: the whole
export const OUTPUT_SIGNS = 104; // scratch, as OUTPUT_WEIGHTS: −1 for the label 1, 1 for the label 0
export const HIDDEN = 108; // scratch, a row: what CBOW predicts from
export const HIDDEN_ERROR = 112; // scratch, a row: the error of that
export const COPIED_INPUTS = 116; // rows; 0 if this worker trains alone
export const FIRST_COPIED_OUTPUT = 120; // the first copied input row is 0
export const INPUT_COPIES = 124; // scratch: the copied rows, and behind them the same as they were when they were copied
export const OUTPUT_COPIES = 128;
export const MERGE_SHARE = 132; // float: the largest, see mergeRows
// Scratch of full softmax, for the examples of a batch.
export const EXAMPLE_WORDS = 136; // for each: number of inputs, number of targets, inputs, targets
export const EXAMPLE_BYTES = 140;
export const BATCH_HIDDEN = 144; // rows
export const BATCH_ERRORS = 148; // rows
export const LOGITS = 152; // for each word one for each example, then their gradients
export const SOFTMAX_SUMS = 156; // doubles, one for each example
export const SOFTMAX_SCALES = 160; // one for each example

// Scratch of deterministic training, and where the matrices lie outside: for each row the address of the worker's own copy of it, or 0;
// 0 if there are none.
export const INPUT_MAP = 164;
export const OUTPUT_MAP = 168;
export const OWN_ROWS = 172;

export const INPUT_FACTORS = 176; // a float for each word; 0 if there are none
export const SAVED_ROWS = 180; // scratch: for each saved row its address, its factor, then, in a table of their own, the rows
export const SAVED_VALUES = 184;

export const SUBWORD_OFFSETS = 188; // 0 if there are no subwords
export const SUBWORD_ROWS = 192;
export const POSITION_ROWS = 196; // scratch: for each position in a window its row, and the row as it was in the beginning
export const POSITIONS = 200;

export const CENTRES_PER_DRAW = 204; // so many centres share their negative samples and are trained together
// Scratch of skip-gram, for the second of two centres that are trained together.
export const SECOND_WEIGHTS = 208; // as OUTPUT_WEIGHTS
export const FIRST_COUNTS = 212; // a float for each context row: how often it stands in the first centre's window
export const SECOND_COUNTS = 216;
export const FRESH_NOISE = 220; // so many words of the noise pool are replaced for each group of centres
export const COPIED_OUTPUTS = 224; // rows from FIRST_COPIED_OUTPUT
// Of the copied rows the ones that are merged more often; of the inputs from 0 on.
export const HOTTEST_INPUTS = 232;
export const HOTTEST_OUTPUTS = 236;
export const FIRST_HOTTEST_OUTPUT = 240;
export const OWN_ROWS_LIMIT = 228; // where own rows are merged before the next block or group; 0 if the matrices do not lie outside
export const NOISE_PER_PAIR = 244; // 1: each pair of skip-gram has negative samples of its own
export const LOGIT_BIAS = 252; // float: added to each product, see Word2VecSettings
export const WEIGHT_DECAY = 256; // float: see Word2VecSettings
export const OWN_OUTPUTS = 260; // scratch: so many output rows belong to one of two centres alone
export const OWN_SKIP = 264; // scratch: and those of the second centre begin so many bytes behind the first
export const ONE_INPUT = 248; // 1: output rows are met by one input at a time, with CBOW and where each pair has its own negative samples

export const PARAMETER_BYTES = 272;

/** So many centres are trained between two looks at the noise pool; a multiple of CENTRES_PER_DRAW. */
export const CENTRES_PER_GROUP = 8;
/** Examples of full softmax that are trained together. */
export const EXAMPLES_PER_BATCH = 8;
/** Before a worker's own copy of a row that lies outside of the memory: where it belongs. */
export const OWN_ROW_HEADER_BYTES = 64;
