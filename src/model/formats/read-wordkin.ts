import { isPhrases } from '../../text/phrases.ts';
import type { TokenizerDescriptor } from '../../text/tokenizer.ts';
import type { ModelContents } from '../embedding-model.ts';
import type { Vectors } from '../quantized-vectors.ts';
import { deferWords, WordList } from '../word-list.ts';
import type { ModelFile, ReadOptions } from './model-file.ts';
import { openSafetensors, type SafetensorsFile } from './safetensors.ts';
import { StoredModel } from './stored-model.ts';
import { FORMAT_VERSION } from './wordkin-layout.ts';

/**
 * A file of our own format, see `FORMAT_VERSION`.
 *
 * @throws ModelFormatError
 */
export async function readWordkin(
  file: ModelFile,
  { limit = Infinity, verify }: ReadOptions = {},
): Promise<ModelContents<Vectors>> {
  const safetensors = await openSafetensors(file);
  const { metadata, fail, info, tensor } = safetensors;
  await checkVersion(safetensors);
  const shape = info('input_vectors')?.shape ?? fail('it has no tensor "input_vectors"');
  if (shape.length !== 2 || !shape.every((size) => Number.isSafeInteger(size) && size > 0))
    fail(`tensor "input_vectors" must have the shape [words, dimensions], got [${shape}]`);
  const stored = new StoredModel(safetensors, shape[0], shape[1], Math.min(shape[0], limit));
  const { wordCount, dimensions } = stored;
  // Files of version 0.1 and of other writers may hold NaN; few files need to be looked through.
  const finite = metadata.values === 'finite' ? undefined : await import('./finite-vectors.ts');
  const inputs = finite?.watchRows(wordCount * dimensions, dimensions, verify);
  const outputs = finite?.watchRows(wordCount * dimensions, dimensions, verify);
  // The system reads the vectors while the words are taken in here.
  const readingInputs = stored.vectors('input_vectors', shape[0], wordCount, inputs?.look);
  readingInputs.catch(() => {}); // thrown where it is awaited
  const words = await readWords(safetensors, shape[0], wordCount);
  const inputVectors = await readingInputs;
  const outputVectors =
    info('output_vectors') &&
    (await tensor('output_vectors', 'F32', [shape[0], dimensions], Float32Array, wordCount, outputs?.look));
  const contents = {
    dimensions,
    inputVectors,
    outputVectors,
    counts: await readCounts(safetensors, shape[0], wordCount),
    tokenizer: readTokenizer(stored),
    ...(await readParts(stored)),
    training: stored.json<ModelContents['training']>('training'),
  };
  if (words.isUtf8 && !finite) return deferWords(words, contents);
  const { finiteContents } = finite ?? (await import('./finite-vectors.ts'));
  const isFloat = inputVectors instanceof Float32Array;
  const found = { verify, broken: isFloat ? inputs?.broken : undefined, brokenOutputs: outputs?.broken };
  if (words.isUtf8) return finiteContents(file, deferWords(words, contents), found);
  const { words: repaired, kept } = words.finish();
  if (kept) fail('some word is there twice');
  return finiteContents(file, { ...contents, words: repaired }, found);
}

/** What few models have: its readers are loaded where it is there. */
async function readParts(
  stored: StoredModel,
): Promise<Pick<ModelContents<Vectors>, 'subwords' | 'sentences' | 'classifier'>> {
  const { subwords, sentences, classifier } = stored.file.metadata;
  if ([subwords, sentences, classifier].every((part) => part === undefined)) return {};
  const { readClassifier, readSentences, readSubwords } = await import('./wordkin-parts.ts');
  // Labels are told by all words; with some of them it would be other labels.
  const hasLabels = classifier !== undefined && stored.wordCount === stored.storedWordCount;
  return {
    subwords: await readSubwords(stored),
    sentences: await readSentences(stored),
    ...(hasLabels && { classifier: await readClassifier(stored) }),
  };
}

async function checkVersion({ metadata, fail }: SafetensorsFile): Promise<void> {
  const version = Number(metadata.format_version);
  if (metadata.format === 'wordkin' && (version === 1 || version === FORMAT_VERSION)) return;
  const { describeVersion } = await import('./safetensors-faults.ts');
  fail(describeVersion(metadata, FORMAT_VERSION));
}

async function readCounts(
  { info, tensor }: SafetensorsFile,
  storedCount: number,
  wordCount: number,
): Promise<Float64Array | undefined> {
  if (!info('counts')) return undefined;
  return Float64Array.from(await tensor('counts', 'I64', [storedCount], BigInt64Array, wordCount), Number);
}

function readTokenizer(stored: StoredModel): TokenizerDescriptor | undefined {
  const tokenizer = stored.json<TokenizerDescriptor>('tokenizer');
  const phrases: unknown = tokenizer?.phrases;
  if (phrases !== undefined && !isPhrases(phrases)) {
    const found = JSON.stringify(phrases).slice(0, 60);
    stored.file.fail(`the phrases of its tokenizer must be a list of pairs of words for each pass, got ${found}`);
  }
  return tokenizer;
}

const PIECE_WORDS = 1 << 16;

/** The first words at their offsets; none twice. Between pieces other work may go on. */
async function readWords(
  { info, tensor, fail }: SafetensorsFile,
  storedCount: number,
  count: number,
): Promise<WordList> {
  const readText = (byteLength?: number) => tensor('words', 'U8', undefined, Uint8Array<ArrayBuffer>, byteLength);
  const readingAll = count === storedCount ? readText() : undefined;
  readingAll?.catch(() => {}); // thrown where it is awaited
  const offsets = await tensor('word_offsets', 'I64', [storedCount + 1], BigInt64Array, count + 1);
  const textLength = info('words')?.shape[0] ?? 0;
  const end = Number(offsets[count]);
  if (offsets[0] !== 0n || !(end >= 0) || (readingAll ? end !== textLength : end > textLength))
    fail(`its words lie at ${offsets[0]} to ${end} of ${textLength} bytes`);
  const bytes = await (readingAll ?? readText(end));
  const words = new WordList(count, bytes);
  // Two numbers of 32 bits, as fast as one bigint is slow; what is negative becomes too large.
  const halves = new Uint32Array(offsets.buffer, offsets.byteOffset, 2 * offsets.length);
  for (let id = 0, start = 0; id < count; id++) {
    const end = halves[2 * id + 2] + halves[2 * id + 3] * 2 ** 32;
    if (!(end >= start && end <= bytes.length)) fail(`word ${id} lies at ${start} to ${end} of ${bytes.length} bytes`);
    if (!words.add(bytes, start, end)) fail('some word is there twice');
    start = end;
    if (id % PIECE_WORDS === PIECE_WORDS - 1) await new Promise((resolve) => setTimeout(resolve));
  }
  return words;
}
