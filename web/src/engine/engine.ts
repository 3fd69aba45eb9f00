import type * as api from './api.ts';
import { costs, drawNoise, gradientStep, measureSpeeds, softmax, startVectors, treePath } from './lesson.ts';
import { LiveTraining } from './live-training.ts';
import {
  analogy,
  clusterWords,
  compareVectors,
  encodeSentence,
  explain,
  firstRows,
  modelMap,
} from './model-questions.ts';
import { PageError } from './page-error.ts';
import { type ReadText, readText, type TextInput } from './read-text.ts';
import {
  adaptTrainingOptions,
  alignModel,
  chooseTokenizer,
  createMemoryCorpusStore,
  createSentenceEncoder,
  EmbeddingModel,
  formatVocabulary,
  hashBytes,
  keepProbability,
  loadModel,
  loadTokenizer,
  localWorker,
  lossesIn,
  type ModelFormat,
  minCountFor,
  modelBlob,
  prepareCorpus,
  resolveTrainingOptions,
  type SentenceEncoder,
  type TextSource,
  type Tokenizer,
  type Vocabulary,
  writeModel,
} from './wordkin.ts';

const SHOWN_LINES = 40;
const SHOWN_LINE_CHARACTERS = 400;
const FREQUENT_WORDS = 60;
const SAMPLE_CHARACTERS = 1 << 18;
/** Memory that a page gives to a model that it opens. */
const MOST_MODEL_BYTES = 1.5e9;
const COUNT_MEMORY_BYTES = 1 << 28;

interface Counted {
  readonly tokenizer: Tokenizer;
  readonly vocabulary: Vocabulary;
  readonly sentences: number;
}

interface HeldModel {
  readonly model: EmbeddingModel;
  readonly encoder: SentenceEncoder;
  readonly name: string;
  readonly summary: api.ModelSummary;
}

/** The lesson's engine: it holds the text, the model and the training, and answers with plain values. */
export class Engine {
  readonly #emit: (event: api.EngineEvent, transfer?: ArrayBuffer[]) => void;
  #text: ReadText | undefined;
  readonly #counted = new Map<api.TokenizerChoice, Promise<Counted>>();
  #training: LiveTraining | undefined;
  readonly #models = new Map<api.Slot, HeldModel>();

  constructor(emit: (event: api.EngineEvent, transfer?: ArrayBuffer[]) => void) {
    this.#emit = emit;
  }

  // 1. Text and words.

  async openText(input: TextInput): Promise<api.TextSummary> {
    const text = await readText(input);
    this.#text = text;
    this.#counted.clear();
    const { name, byteLength, bytes, isCut, isPlainFile, field } = text;
    const beginning = new TextDecoder().decode(bytes.subarray(0, 1 << 16));
    const lines = beginning
      .split('\n')
      .map((line) =>
        line
          .replace(/^\ufeff/, '')
          .trim()
          .slice(0, SHOWN_LINE_CHARACTERS),
      )
      .filter((line) => line !== '')
      .slice(0, SHOWN_LINES);
    return {
      name,
      byteLength,
      usedByteLength: bytes.length,
      isCut,
      isPlainFile,
      field,
      identity: identityOf(bytes),
      lines,
    };
  }

  /** The text as it is used: UTF-8, a sentence a line. */
  usedText(): Blob {
    return new Blob([this.#needText().bytes]);
  }

  async vocabulary({
    tokenizer: choice,
    minCount: wantedMinCount,
    subsample: wantedSubsample,
    line,
  }: api.VocabularyRequest): Promise<api.VocabularyView> {
    const { tokenizer, vocabulary, sentences } = await this.#count(choice);
    const { words, counts, tokenCount } = vocabulary;
    const byDefault = resolveTrainingOptions({});
    const minCount = wantedMinCount ?? minCountFor({}, byDefault, tokenCount, false);
    const places = new Map(words.map((word, id) => [word, id]));
    const kept = countAtLeast(counts, minCount);
    let wordTokens = 0;
    for (let id = 0; id < kept; id++) wordTokens += counts[id];
    const { options } = adaptTrainingOptions({}, byDefault, { tokens: wordTokens, corpusTokens: tokenCount });
    const subsample = wantedSubsample ?? options.subsample;
    let keptTokens = 0;
    const keepOf = (id: number) => keepProbability(counts[id] / wordTokens, subsample);
    for (let id = 0; id < kept; id++) keptTokens += counts[id] * keepOf(id);
    const examples = exampleWords(words, counts, kept);
    const counted = (id: number): api.CountedWord => ({ word: words[id], count: counts[id], keep: keepOf(id) });
    return {
      tokenizer: tokenizer.descriptor.name,
      engine: tokenizer.descriptor.engine,
      tokens: tokenizer.tokenize(line).map((text) => ({ text, count: counts[places.get(text) ?? -1] ?? 0 })),
      allTokens: tokenCount,
      allWords: words.length,
      minCount,
      subsample,
      words: kept,
      wordTokens,
      keptTokens,
      sentences,
      frequent: ids(0, Math.min(kept, FREQUENT_WORDS)).map(counted),
      dropped: ids(kept, Math.min(words.length, kept + FREQUENT_WORDS)).map(counted),
      examples,
      exampleIds: examples.map((word) => places.get(word) ?? 0),
    };
  }

  /** Cuts and counts all of the text, once for each tokenizer. */
  #count(choice: api.TokenizerChoice): Promise<Counted> {
    let counted = this.#counted.get(choice);
    if (!counted) {
      counted = this.#countNow(choice);
      counted.catch(() => this.#counted.delete(choice));
      this.#counted.set(choice, counted);
    }
    return counted;
  }

  async #countNow(choice: api.TokenizerChoice): Promise<Counted> {
    const text = this.#needText();
    const sample = new TextDecoder().decode(text.bytes.subarray(0, SAMPLE_CHARACTERS));
    const chosen = choice === 'auto' ? chooseTokenizer(sample) : { name: choice };
    const tokenizer = await loadTokenizer({
      name: chosen.name,
      language: 'language' in chosen ? chosen.language : undefined,
    });
    const { vocabulary, statistics } = await prepareCorpus(
      [this.#source()],
      [localWorker(tokenizer)],
      createMemoryCorpusStore(),
      {
        minCount: 1,
        memoryBudgetBytes: COUNT_MEMORY_BYTES,
      },
    );
    return { tokenizer, vocabulary, sentences: statistics.sentences };
  }

  #needText(): ReadText {
    if (!this.#text) throw new PageError('no-text');
    return this.#text;
  }

  #source(): TextSource {
    const { name, bytes } = this.#needText();
    return { name, byteLength: bytes.length, open: () => [bytes] };
  }

  // 2 to 6. Vectors, softmax, its gradient, and what takes its place.

  startVectors(request: api.StartRequest): api.StartView {
    return startVectors(request);
  }

  softmax(plane: api.Plane, centre: number): api.SoftmaxView {
    return softmax(plane, centre);
  }

  gradientStep(plane: api.Plane, centre: number, target: number, learningRate: number): api.GradientView {
    return gradientStep(plane, centre, target, learningRate);
  }

  async costs(choice: api.TokenizerChoice, minCount: number, negative: number): Promise<api.CostView> {
    return costs((await this.#kept(choice, minCount)).counts, negative);
  }

  async measureSpeeds(choice: api.TokenizerChoice, minCount: number): Promise<api.SpeedView> {
    const { tokenizer } = await this.#count(choice);
    const { bytes } = this.#needText();
    const lines = new TextDecoder().decode(bytes.subarray(0, SAMPLE_CHARACTERS)).split('\n');
    const { words, counts } = await this.#kept(choice, minCount);
    const known = new Set(words);
    const sentences = lines.map((line) => tokenizer.tokenize(line).filter((word) => known.has(word)));
    return measureSpeeds(this.#source(), sentences, { words, counts });
  }

  async drawNoise(choice: api.TokenizerChoice, minCount: number, draws: number, exponent: number, seed: number) {
    const { words, counts } = await this.#kept(choice, minCount);
    return drawNoise(words, counts, draws, exponent, seed);
  }

  async treePath(choice: api.TokenizerChoice, minCount: number, word: string): Promise<api.TreeView> {
    const { words, counts } = await this.#kept(choice, minCount);
    const id = words.indexOf(word);
    if (id < 0) throw new PageError('few-words', { name: word });
    return treePath(words, counts, id);
  }

  async #kept(
    choice: api.TokenizerChoice,
    minCount: number,
  ): Promise<{ words: readonly string[]; counts: Float64Array }> {
    const { vocabulary } = await this.#count(choice);
    const kept = countAtLeast(vocabulary.counts, minCount);
    if (kept < 2) throw new PageError('few-words', { name: this.#needText().name });
    return { words: vocabulary.words.slice(0, kept), counts: vocabulary.counts.slice(0, kept) };
  }

  // 7. The training.

  async train(settings: api.TrainingSettings, pinned: readonly string[]): Promise<api.ModelSummary> {
    const { name, bytes } = this.#needText();
    const training = new LiveTraining(this.#source(), settings, pinned, this.#emit);
    this.#training = training;
    try {
      const { model, report } = await training.run.result;
      training.end();
      training.drawLast(firstRows(model, model.size));
      return (await this.#hold('lesson', model, name, { ...report, textIdentity: identityOf(bytes) })).summary;
    } finally {
      training.end();
      if (this.#training === training) this.#training = undefined;
    }
  }

  pause(): void {
    this.#training?.pause();
  }

  resume(): void {
    this.#training?.resume();
  }

  stop(): void {
    this.#training?.stop();
  }

  pin(words: readonly string[]): void {
    this.#training?.pin(words);
  }

  frameDrawn(): void {
    this.#training?.frameDrawn();
  }

  // 8 to 11. The model.

  async #hold(
    slot: api.Slot,
    model: EmbeddingModel,
    name: string,
    report?: { seconds: number; wordsPerSecond: number; threads: number; endedBy: string; textIdentity: string },
  ): Promise<HeldModel> {
    const blob = slot === 'lesson' ? modelBlob(model) : undefined;
    const { training, outputVectors, tokenizer, words, counts } = model.contents;
    const options = training?.options as { deterministic?: boolean; loss?: string } | undefined;
    const summary: api.ModelSummary = {
      name,
      words: model.size,
      dimensions: model.dimensions,
      hash: blob && (await sha256(blob)),
      byteLength: blob?.size ?? 0,
      isDeterministic: options?.deterministic === true && report?.endedBy !== 'abort',
      seconds: report?.seconds,
      wordsPerSecond: report?.wordsPerSecond,
      threads: report?.threads,
      endedBy: report?.endedBy ?? (training?.report as { endedBy?: string } | undefined)?.endedBy,
      engine: tokenizer?.engine,
      hasContext: outputVectors !== undefined && options?.loss !== 'hierarchical-softmax',
      frequent: ids(0, Math.min(model.size, FREQUENT_WORDS)).map((id) => model.word(id)),
      examples: counts ? exampleWords(words, counts, model.size) : [],
      textIdentity: report?.textIdentity,
    };
    const held = { model, encoder: await createSentenceEncoder(model), name, summary };
    this.#models.set(slot, held);
    return held;
  }

  async openModel(slot: api.Slot, place: Blob | readonly File[] | string, name: string): Promise<api.ModelSummary> {
    const byteLength =
      place instanceof Blob
        ? place.size
        : typeof place === 'string'
          ? 0
          : place.reduce((sum, { size }) => sum + size, 0);
    if (byteLength > MOST_MODEL_BYTES) throw new PageError('model-too-large', { name, byteLength });
    if (typeof place === 'string' && new URL(place, globalThis.location.href).origin !== globalThis.location.origin)
      await this.#checkHost(place);
    // The address of the engine is not the page's.
    const there = typeof place === 'string' ? new URL(place, globalThis.location.href) : place;
    return (await this.#hold(slot, await loadModel(there), name)).summary;
  }

  /** @throws PageError where the page's policy forbids the host */
  async #checkHost(address: string): Promise<void> {
    let violated = false;
    const onViolation = () => {
      violated = true;
    };
    globalThis.addEventListener('securitypolicyviolation', onViolation);
    try {
      await fetch(address, { method: 'HEAD' });
    } catch {
      await new Promise((resolve) => setTimeout(resolve));
      if (violated) throw new PageError('other-host', { host: new URL(address).origin });
    } finally {
      globalThis.removeEventListener('securitypolicyviolation', onViolation);
    }
  }

  closeModel(slot: api.Slot): void {
    this.#models.delete(slot);
  }

  modelWords(slot: api.Slot): readonly string[] {
    return this.#model(slot).model.words;
  }

  neighbours(slot: api.Slot, word: string, count = 10): api.Neighbour[] {
    return this.#model(slot).model.neighbors(word, { count });
  }

  analogy(slot: api.Slot, a: string, b: string, c: string): api.AnalogyView {
    return analogy(this.#model(slot).model, a, b, c);
  }

  oddOneOut(slot: api.Slot, words: readonly string[]): api.Neighbour[] {
    return this.#model(slot).model.oddOneOut(words);
  }

  compareWords(slot: api.Slot, a: string, b: string): api.ComparisonView {
    const { model } = this.#model(slot);
    return compareVectors(Array.from(model.vector(a)), Array.from(model.vector(b)));
  }

  compareVectors(a: readonly number[], b: readonly number[]): api.ComparisonView {
    return compareVectors(a, b);
  }

  context(slot: api.Slot, word: string): { word: string; probability: number }[] {
    return this.#model(slot).model.predictContext(word, { count: 10 });
  }

  /** A sentence by a few words with given vectors: the tutorial's. */
  async encodeByHand(
    words: readonly string[],
    dimensions: number,
    vectors: readonly number[],
    text: string,
  ): Promise<api.SentenceView> {
    const model = new EmbeddingModel({
      words,
      dimensions,
      inputVectors: Float32Array.from(vectors),
      tokenizer: { name: 'chinese', version: 2 },
    });
    return encodeSentence(await createSentenceEncoder(model), text, true);
  }

  encodeSentence(text: string, plain: boolean): api.SentenceView {
    return encodeSentence(this.#model('lesson').encoder, text, plain);
  }

  explain(first: string, second: string, plain: boolean): api.ExplanationView {
    return explain(this.#model('lesson').encoder, first, second, plain);
  }

  modelFile(): Blob {
    return modelBlob(this.#model('lesson').model);
  }

  /** The model in another format, and what that cannot hold. */
  writeModel(format: ModelFormat): { blob: Blob; lost: string[] } {
    const { model } = this.#model('lesson');
    const [[, chunks]] = [...writeModel(model.contents, format).files];
    return {
      blob: new Blob(Array.from(chunks, (chunk) => new Uint8Array(chunk))),
      lost: [...lossesIn(model.contents, format)],
    };
  }

  async vocabularyFile(choice: api.TokenizerChoice, minCount: number): Promise<string> {
    const { words, counts } = await this.#kept(choice, minCount);
    return formatVocabulary({ words, counts, tokenCount: 0 });
  }

  modelMap(slot: api.Slot, count: number): api.ModelMap {
    return modelMap(this.#model(slot).model, count);
  }

  clusterWords(slot: api.Slot, count: number, clusters: number): Uint8Array {
    return clusterWords(this.#model(slot).model, count, clusters);
  }

  /** Vectors of the first words, for UMAP in a thread of its own. */
  rows(slot: api.Slot, count: number): { rows: Float32Array; dimensions: number } {
    const { model } = this.#model(slot);
    return { rows: firstRows(model, count), dimensions: model.dimensions };
  }

  /** Turns the second model to lie as the first one, and tells how far the words are apart. */
  async alignModels(): Promise<api.Drift> {
    const [first, second] = [this.#model('first'), this.#model('second')];
    const { model, drift, meanSimilarity, meanSimilarityBefore } = alignModel(second.model, first.model);
    await this.#hold('second', model, second.name);
    return { meanSimilarity, meanSimilarityBefore, shared: drift.length, farthest: drift.slice(0, 20) };
  }

  #model(slot: api.Slot): HeldModel {
    const held = this.#models.get(slot);
    if (!held) throw new PageError('no-model');
    return held;
  }
}

function ids(begin: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - begin) }, (_, i) => begin + i);
}

/** Words are in the order of falling counts. */
function countAtLeast(counts: Float64Array, minCount: number): number {
  let kept = 0;
  while (kept < counts.length && counts[kept] >= minCount) kept++;
  return kept;
}

/** The same for the same text. */
function identityOf(bytes: Uint8Array): string {
  return [1, 2].map((seed) => hashBytes(bytes, 0, bytes.length, seed)).join(' ');
}

/** The most frequent words that say something: long enough, and none of the first 500 where there are many. */
function exampleWords(words: readonly string[], counts: Float64Array, kept: number): string[] {
  const skipped = kept > 10_000 ? 500 : kept > 1000 ? 100 : kept > 200 ? 30 : 0;
  const isHan = (word: string) => /\p{Script=Han}/u.test(word);
  const found = words
    .slice(skipped, Math.min(kept, skipped + 400))
    .filter(
      (word, i) =>
        (isHan(word) ? [...word].length > 1 : word.length > 4) && counts[skipped + i] > 1 && /\p{L}/u.test(word),
    );
  return (found.length >= 4 ? found : words.slice(0, kept)).slice(0, 24);
}

async function sha256(blob: Blob): Promise<string | undefined> {
  const digest = await globalThis.crypto.subtle?.digest('SHA-256', await blob.arrayBuffer());
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
