/**
 * Our own format: one safetensors file (github.com/huggingface/safetensors, "Format"). After a uint64 header
 * length and a JSON header come the tensors:
 *
 * | name           | type | shape                 |                                          |
 * |----------------|------|-----------------------|------------------------------------------|
 * | counts         | I64  | words                 | occurrences in the corpus; may be absent |
 * | word_offsets   | I64  | words + 1             | word i is words[offset i … offset i + 1] |
 * | input_vectors  | F32  | words × dimensions    |                                          |
 * | output_vectors | F32  | words × dimensions    | may be absent                            |
 * | ngram_buckets  | I64  | buckets               | with subwords: the buckets in use        |
 * | ngram_vectors  | F32  | buckets × dimensions  | with subwords                            |
 * | words          | U8   | bytes                 | UTF-8, one word after the other          |
 * | sentence_weights          | F32 | words                   | weight of each word in a sentence |
 * | sentence_components       | F32 | components × dimensions | taken out of sentence vectors     |
 * | sentence_component_shares | F32 | components              | by these shares                   |
 * | sentence_projection       | F32 | rows × dimensions       | linear map of sentence vectors    |
 * | label_vectors             | F32 | labels × dimensions     | of a supervised fastText model    |
 *
 * The sentence tensors are there where the sentence encoder has been fitted so. Metadata: `format` "wordkin", `format_version`,
 * `content_hash` (see `contentHash`), `values` "finite" where no vector holds NaN or infinity, and as JSON `tokenizer`, `training`, with subwords `subwords` (minNgram, maxNgram, buckets), and with a fitted sentence
 * encoder `sentences` (weighting, smoothing, unknownWeight, standIns, unitWords, normalize, sentences), with labels
 * `classifier` (labels, counts, loss, wordNgrams).
 *
 * Vectors in fewer bits make it a file of version 2. The metadata `quantization` then has their `dimensions`, and by the
 * tensor's name (`input_vectors`, `ngram_vectors`) what it is:
 *
 * | quantization | type | shape                             | NAME_scales |                                                    |
 * |--------------|------|-----------------------------------|-------------|----------------------------------------------------|
 * | float16      | F16  | rows × dimensions                 |             |                                                    |
 * | int8         | I8   | rows × (dimensions + directions)  | F32, rows   | NAME_directions F32, directions × dimensions       |
 * | product      | U8   | rows × parts                      | F32, rows   | NAME_codebook F32, centroids (≤ 256) × dimensions  |
 * | binary       | U8   | rows × ⌈dimensions / 8⌉           | F32, rows   |                                                    |
 *
 * This is the latest version.
 */
export const FORMAT_VERSION = 2;

/** The tensor's type, and that of its values here. */
export const CODE_TYPES = {
  float16: ['F16', Uint16Array],
  int8: ['I8', Int8Array],
  product: ['U8', Uint8Array],
  binary: ['U8', Uint8Array],
} as const;
