import { BOOLEAN, COUNT, checkOptions, FUNCTION, OBJECT, type OptionRules, SIGNAL } from '../text/check-options.ts';
import { counted } from '../text/counted.ts';
import { showValue } from '../text/show-value.ts';
import { tellWarning } from '../text/tell-warning.ts';
import { untilAborted } from '../text/until-aborted.ts';
import { checkRecord } from './check-texts.ts';
import { cutParagraphs, type ParagraphOptions, paragraphId } from './cut-paragraphs.ts';
import { RepeatedIds } from './repeated-ids.ts';
import { type EncodedText, type Metadata, TextDataError, type TextRecord, type TextStore } from './text-store.ts';

/** How far the adding has come. */
export interface AddProgress {
  /** Texts that are durable. */
  readonly texts: number;
  readonly added: number;
  readonly updated: number;
  /** Texts without a word that the model knows. */
  readonly withoutWords: number;
  /** Texts whose id an earlier one of the same call had: they have taken its place. */
  readonly repeated: number;
  /** The first such id. */
  readonly repeatedId?: string | undefined;
}

/** How texts are added. */
export interface AddOptions {
  /** Texts in a transaction; 1,000 if omitted. */
  readonly batchSize?: number | undefined;
  /** After each transaction. */
  readonly onProgress?: ((progress: AddProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Cut each text into its paragraphs, see `cutParagraphs`: what is stored, counted and found are paragraphs, with the text's id
   * as `parent` in their metadata. They take the place of the paragraphs that the text had before, or of the text that was added whole; so does
   * a text that is added whole later.
   */
  readonly paragraphs?: boolean | ParagraphOptions | undefined;
}

const ADD_RULES: OptionRules<AddOptions> = {
  batchSize: COUNT,
  onProgress: FUNCTION,
  signal: SIGNAL,
  paragraphs: {
    wanted: 'true, false or { mostCharacters }',
    accepts: (value) => BOOLEAN.accepts(value) || OBJECT.accepts(value), // see cutParagraphs
  },
};

/** Characters of text and metadata in a transaction, so that long texts do not fill the memory. */
const BATCH_CHARACTERS = 4_000_000;
/** So many texts that cannot be stored are passed over; with more of them something else is wrong. */
const MOST_REFUSED = 100;
/** Fields of a text. */
const STORED = new Set(['id', 'text', 'metadata']);
const MOST_FIELDS_TOLD = 20;
/** After so long the store gets its turn: one batch is stored while the next is encoded. */
const TURN_MILLISECONDS = 8;

/** Texts of one transaction. */
interface Batch {
  readonly texts: EncodedText[];
  /** Texts as they were given, with the number of their paragraphs; 0 where they are added whole. */
  readonly given: { readonly id: string; readonly paragraphs: number }[];
  characters: number;
}

/** See `TextIndex.add`. */
export async function addTexts(
  store: TextStore,
  texts: Iterable<TextRecord> | AsyncIterable<TextRecord>,
  encode: (record: TextRecord) => EncodedText,
  options: AddOptions,
): Promise<AddProgress> {
  checkOptions(options, ADD_RULES);
  if (typeof texts !== 'object' || texts === null || !(Symbol.iterator in texts || Symbol.asyncIterator in texts))
    throw new TypeError(`"texts" must be an array or another iterable of { id, text }, got ${showValue(texts)}`);
  const { batchSize = 1000, onProgress, signal, paragraphs = false } = options;
  const adding = new Adding(store, paragraphs !== false, onProgress);
  let batch = emptyBatch();
  const flush = async () => {
    const full = batch;
    batch = emptyBatch();
    await adding.store(full);
  };
  let turn = performance.now();
  try {
    for await (const record of signal ? untilAborted(asyncItems(texts), signal) : texts) {
      try {
        checkRecord(record);
        adding.noteFields(record);
        const parts = paragraphs ? cutParagraphs(record, paragraphs === true ? {} : paragraphs) : [record];
        if (paragraphs) parts.forEach(checkRecord);
        for (const part of parts) batch.texts.push(encode(part));
        batch.given.push({ id: record.id, paragraphs: paragraphs ? parts.length : 0 });
        adding.ids.add(record.id);
        batch.characters += charactersOf(record);
      } catch (error) {
        if (!(error instanceof TextDataError)) throw error;
        adding.refused.push(error);
      }
      if (adding.refused.length > MOST_REFUSED) break;
      if (batch.texts.length >= batchSize || batch.characters >= BATCH_CHARACTERS) await flush();
      if (performance.now() - turn < TURN_MILLISECONDS) continue;
      await new Promise((resolve) => setTimeout(resolve));
      turn = performance.now();
    }
  } catch (error) {
    if (!adding.hasFailed) await flush(); // what came before is kept
    await adding.end();
    throw error;
  }
  await flush();
  await adding.end();
  adding.tellOfFields();
  const { refused, progress } = adding;
  if (refused.length === 1) throw refused[0];
  if (refused.length > 1)
    throw new TextDataError(
      `${refused[0].message} (and ${counted(refused.length - 1, 'text')} more; ${progress.texts} were stored)`,
      { cause: refused[0] },
    );
  return progress;
}

/** Stores one batch after the other, each while the next is being made. */
class Adding {
  progress: AddProgress = { texts: 0, added: 0, updated: 0, withoutWords: 0, repeated: 0 };
  readonly ids = new RepeatedIds();
  readonly refused: TextDataError[] = [];
  readonly #fieldsLeftOut = new Set<string>();
  /** Whether a batch could not be stored: no other is then. */
  hasFailed = false;
  readonly #store: TextStore;
  readonly #cuts: boolean;
  readonly #onProgress: AddOptions['onProgress'];
  #running: Promise<void> = Promise.resolve();

  /** @param cuts - whether texts are cut into paragraphs */
  constructor(store: TextStore, cuts: boolean, onProgress: AddOptions['onProgress']) {
    this.#store = store;
    this.#cuts = cuts;
    this.#onProgress = onProgress;
  }

  /** Notes what stands beside the text of a record without metadata. */
  noteFields(record: TextRecord): void {
    if (record.metadata !== undefined) return;
    for (const field of Object.keys(record))
      if (!STORED.has(field) && this.#fieldsLeftOut.size < MOST_FIELDS_TOLD) this.#fieldsLeftOut.add(field);
  }

  tellOfFields(): void {
    if (this.#fieldsLeftOut.size === 0) return;
    const fields = [...this.#fieldsLeftOut].map((field) => JSON.stringify(field)).join(', ');
    tellWarning(
      `Of the texts that were added ${fields} ${this.#fieldsLeftOut.size === 1 ? 'is' : 'are'} not kept: put what is to be kept and filtered by into "metadata"`,
    );
  }

  /** Begins to store a batch when the one before is stored. */
  async store(batch: Batch): Promise<void> {
    await this.#running;
    if (batch.given.length === 0) return;
    const repeated = {
      repeated: this.ids.count,
      ...(this.ids.example !== undefined && { repeatedId: this.ids.example }),
    };
    this.#running = this.#storeNow(batch, repeated);
    this.#running.catch(() => {
      this.hasFailed = true; // and tells the next call
    });
  }

  /** Resolves when all batches are stored. */
  async end(): Promise<void> {
    await this.#running;
  }

  async #storeNow({ texts, given }: Batch, repeated: Pick<AddProgress, 'repeated' | 'repeatedId'>): Promise<void> {
    const { added, updated, stored } = await this.#put(texts);
    if (this.#cuts) await this.#deleteWhole(given);
    // Of texts that were there whole there are no paragraphs.
    if (this.#cuts || added > 0) await this.#deleteFurtherParagraphs(given);
    const before = this.progress;
    this.progress = {
      texts: before.texts + stored.length,
      added: before.added + added,
      updated: before.updated + updated,
      withoutWords: before.withoutWords + stored.filter(({ vector }) => !vector).length,
      ...repeated,
    };
    await this.#onProgress?.(this.progress); // one that is rejected ends the adding, too
  }

  /** Stores texts; if one cannot be stored, the others by halves. */
  async #put(texts: readonly EncodedText[]) {
    const result = { added: 0, updated: 0, stored: [] as EncodedText[] };
    const waiting = [texts];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      try {
        const { added, updated } = await this.#store.put(next);
        result.added += added;
        result.updated += updated;
        result.stored.push(...next);
      } catch (error) {
        if (!(error instanceof TextDataError) || this.refused.length > MOST_REFUSED) throw error;
        const half = next.length >> 1;
        if (half === 0) this.refused.push(error);
        else waiting.push(next.slice(half), next.slice(0, half));
      }
    }
    return result;
  }

  /** Deletes what was added whole under the ids of texts whose paragraphs are there now. */
  async #deleteWhole(texts: Batch['given']): Promise<void> {
    const found = await this.#store.get(texts.map(({ id }) => id));
    await this.#delete(found.filter(({ id, metadata }) => !isParagraphOf(String(metadata.parent), id, metadata)));
  }

  /** A text may have had more paragraphs before: they are numbered without a gap. Other texts may have such ids, too. */
  async #deleteFurtherParagraphs(texts: Batch['given']): Promise<void> {
    let waiting = texts;
    let [from, to] = [1, this.#cuts ? 8 : 1];
    while (waiting.length > 0) {
      const parents = new Map<string, Batch['given'][number]>();
      for (const text of waiting)
        for (let n = from; n <= to; n++) parents.set(paragraphId(text.id, text.paragraphs + n), text);
      const found = (await this.#store.get([...parents.keys()])).filter(({ id, metadata }) =>
        isParagraphOf(parents.get(id)!.id, id, metadata),
      );
      await this.#delete(found);
      waiting = [...new Set(found.map(({ id }) => parents.get(id)!))];
      [from, to] = [to + 1, 4 * to + 8];
    }
  }

  async #delete(texts: readonly TextRecord[]): Promise<void> {
    if (texts.length > 0) await this.#store.delete(texts.map(({ id }) => id));
  }
}

/** Whether a text is what `cutParagraphs` made of the parent. */
function isParagraphOf(parent: string, id: string, { parent: written, paragraph }: Metadata): boolean {
  return written === parent && typeof paragraph === 'number' && id === paragraphId(parent, paragraph);
}

function emptyBatch(): Batch {
  return { texts: [], given: [], characters: 0 };
}

async function* asyncItems<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* items;
}

function charactersOf({ text, metadata }: TextRecord): number {
  return text.length + (metadata === undefined ? 0 : JSON.stringify(metadata).length);
}
