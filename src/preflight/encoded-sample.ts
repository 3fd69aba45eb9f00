import { BlockEncoder, takeWholeRun } from '../corpus/block-encoder.ts';
import { createMemoryCorpusStore, type EncodedCorpus } from '../corpus/encoded-corpus.ts';
import { lineBlocks } from '../text/line-blocks.ts';
import { textLines } from '../text/text-lines.ts';
import type { TextSample } from '../text/text-sample.ts';
import type { TextSource } from '../text/text-source.ts';
import { type Tokenizer, tokenizerTraits } from '../text/tokenizer.ts';
import { decodeUtf8 } from '../text/utf8.ts';
import { mergeRuns, type Vocabulary } from '../vocabulary/vocabulary.ts';
import { memoryRun } from '../vocabulary/word-run.ts';

/** So much of a block tells how fast it is cut. */
const TIMED_BYTES = 1 << 18;

/** The sample as the training will see it, with all its words. */
export interface EncodedSample {
  readonly tokenizer: Tokenizer['descriptor'];
  /** The sentences as text; of JSON the field. */
  readonly text: string;
  readonly vocabulary: Vocabulary;
  readonly corpus: EncodedCorpus;
  /** Ids of the vocabulary, SENTENCE_END after each sentence. */
  readonly ids: Int32Array;
  /** Bytes of the source that it was made of, before a field was taken out. */
  readonly byteLength: number;
  readonly expansion: number;
  /** All of the text is in it. */
  readonly whole: boolean;
  /** What it takes to cut and count a token. */
  readonly secondsPerToken: number;
}

/** @throws Error for text that cannot be read, as the training itself would */
export async function encodeSample(sample: TextSample, tokenizer: Tokenizer): Promise<EncodedSample> {
  const texts: string[] = [];
  const encoder = new BlockEncoder(tokenizer);
  const store = createMemoryCorpusStore();
  const limit = tokenizerTraits(tokenizer.descriptor)?.sampleBytes ?? Infinity;
  let longest: { block: Uint8Array; source: TextSource } | undefined;
  let byteLength = 0;
  let whole = sample.whole;
  for (const { source, bytes } of sample.parts) {
    // The length of a part that is left out stays unknown, and so does what is behind it.
    const length = Math.min(bytes.length, limit - byteLength);
    const end = length === bytes.length ? length : bytes.lastIndexOf(10, length - 1) + 1 || length;
    whole &&= end === bytes.length;
    byteLength += end;
    const part = { ...source, open: () => [bytes.subarray(0, end)] };
    if (source.jsonField !== undefined) for await (const line of textLines(part)) texts.push(line);
    for await (const block of lineBlocks(part)) {
      if (!longest || block.length > longest.block.length) longest = { block, source };
      store.append(encoder.encode(block, source).tokens.slice(), 0);
      if (source.jsonField === undefined) texts.push(decodeUtf8(block).text);
    }
  }
  const { run, wordCount } = takeWholeRun(encoder);
  const { vocabulary, wordIds } = mergeRuns([memoryRun(run, wordCount)], { minCount: 1 });
  const corpus = await store.finish(wordIds);
  return {
    tokenizer: tokenizer.descriptor,
    text: texts.join('\n'),
    vocabulary,
    corpus,
    ids: (corpus.place as { ids: Int32Array }).ids,
    byteLength,
    expansion: sample.expansion,
    whole,
    secondsPerToken: longest ? timeEncoding(new BlockEncoder(tokenizer), longest) : 0,
  };
}

/** Takes a block again: the first time the code was not compiled yet. */
function timeEncoding(encoder: BlockEncoder, { block, source }: { block: Uint8Array; source: TextSource }): number {
  const part = block.subarray(0, block.lastIndexOf(10, TIMED_BYTES) + 1 || block.length);
  const begin = performance.now();
  const { tokens } = encoder.encode(part, source);
  return (performance.now() - begin) / 1000 / Math.max(1, tokens.length);
}
