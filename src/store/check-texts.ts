import {
  ANY_VALUE,
  COUNT,
  checkOptions,
  checkText,
  checkTextArray,
  OBJECT,
  type OptionRules,
} from '../text/check-options.ts';
import { counted } from '../text/counted.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { showValue } from '../text/show-value.ts';
import { checkFilter, type Filter } from './filter.ts';
import { metadataProblem, textProblem } from './metadata.ts';
import {
  type EncodedText,
  type ListOptions,
  type ModelIdentity,
  TextDataError,
  type TextRecord,
  type VectorQuery,
  type WordQuery,
} from './text-store.ts';

const MOST_ID_BYTES = 2_000;
/** No store counts further. */
const MOST_HITS = 2 ** 31 - 1;

/** The values are checked by `checkQuestion`. */
export const LIST_RULES: OptionRules<ListOptions> = { after: ANY_VALUE, count: ANY_VALUE, where: OBJECT };

/**
 * Checks that every store can give a text back as it was.
 *
 * @throws TextDataError that names the text
 */
export function checkRecord(record: TextRecord): void {
  if (typeof record !== 'object' || record === null)
    throw new TypeError(
      `A text must be an object with an id and a text, got ${JSON.stringify(record) ?? typeof record}`,
    );
  const { id, text, metadata } = record;
  const shown = (typeof id === 'bigint' ? `${id}n` : JSON.stringify(id))?.slice(0, 60);
  if (typeof id !== 'string' || id === '')
    throw new TextDataError(`A text's id must be a string that is not empty, got ${shown}`);
  if (3 * id.length > MOST_ID_BYTES && new TextEncoder().encode(id).length > MOST_ID_BYTES)
    throw new TextDataError(
      `The id ${shown}… is too long: ${id.length} characters, at most ${MOST_ID_BYTES} bytes of UTF-8`,
    );
  if (typeof text !== 'string')
    throw new TextDataError(`The text of ${shown} must be a string, got ${showValue(text)}`);
  if (metadata === undefined) {
    const isMisspelt = (name: string) => name === 'meta' || nearestSpelling(name, ['metadata']) !== undefined;
    const misspelt = Object.keys(record).find((name) => name !== 'metadata' && isMisspelt(name));
    if (misspelt !== undefined)
      throw new TextDataError(
        `The text ${shown} has no field "metadata" but one named "${misspelt}": name it "metadata"`,
      );
  }
  const problems: [string, string | undefined][] = [
    ['id', textProblem(id)],
    ['text', textProblem(text)],
    ['metadata', metadata === undefined ? undefined : metadataProblem(metadata)],
  ];
  for (const [name, problem] of problems) if (problem) throw new TextDataError(`The ${name} of ${shown} ${problem}`);
}

/**
 * Checks what a store is given; of an id that is there twice the later text is kept.
 *
 * @throws TextDataError that names the text; Error if the store belongs to no model yet
 */
export function checkTexts(texts: readonly EncodedText[], model: ModelIdentity | undefined): EncodedText[] {
  if (!model) throw new Error('Cannot put texts into a store that belongs to no model: call claim() first');
  if (!Array.isArray(texts)) throw new TypeError(`"texts" must be an array of texts, got ${showValue(texts)}`);
  const byId = new Map<string, EncodedText>();
  for (const text of texts) {
    checkRecord(text);
    const { id, vector, tokens } = text;
    if (!Array.isArray(tokens))
      throw new TextDataError(
        `The tokens of ${JSON.stringify(id)} must be an array of texts, got ${showValue(tokens)}`,
      );
    if (vector !== undefined && (vector as unknown) !== null && !(vector instanceof Float32Array))
      throw new TextDataError(`The vector of ${JSON.stringify(id)} must be a Float32Array, got ${showValue(vector)}`);
    if (vector && vector.length !== model.dimensions)
      throw new TextDataError(
        `The vector of ${JSON.stringify(id)} must have ${counted(model.dimensions, 'dimension')}, got ${vector.length}`,
      );
    if (vector && !vector.every(Number.isFinite))
      throw new TextDataError(`The vector of ${JSON.stringify(id)} holds NaN or infinity, which are near to nothing`);
    byId.set(id, text);
  }
  return [...byId.values()];
}

interface Question {
  readonly count: number;
  readonly where?: Filter | undefined;
  readonly after?: string | undefined;
}

/**
 * Checks what all questions to a store have.
 *
 * @returns the number of texts wanted, no larger than stores can count
 * @throws RangeError
 */
export function checkQuestion({ count, where, after }: Question): number {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`"count" must be an integer of at least 1, got ${showValue(count)}`);
  if (where !== undefined) checkFilter(where);
  if (after !== undefined) checkText('after', after);
  const problem = after === undefined ? undefined : textProblem(after);
  if (problem) throw new RangeError(`"after" ${problem}`);
  return Math.min(count, MOST_HITS);
}

/** @throws TypeError for what is no question at all */
export function checkIsQuestion(query: VectorQuery | WordQuery): void {
  if (typeof query !== 'object' || query === null)
    throw new TypeError(`A question to a store must be an object, got ${showValue(query)}`);
}

/** @throws TypeError for a question by words without them */
export function checkWordQuery(query: WordQuery): void {
  checkIsQuestion(query);
  checkTextArray('tokens', query.tokens);
}

/** @throws TypeError for one id, whose letters would be taken for ids, and for what is no text */
export function checkIds(ids: readonly string[]): void {
  if (!Array.isArray(ids)) throw new TypeError(`"ids" must be an array of ids, got ${showValue(ids)}`);
  for (const id of ids) checkText('id', id);
}

/** For every call of a store that was closed. */
export function closedError(): Error {
  return new Error('Cannot use the store of texts: it was closed; open it again');
}

/** @throws Error if a store belongs to another model than the one it is to be used with */
export function checkModel(has: ModelIdentity | undefined, wanted: ModelIdentity): void {
  if (typeof wanted !== 'object' || wanted === null)
    throw new TypeError(`"model" must be the identity of a model, got ${showValue(wanted)}`);
  checkText('fingerprint', wanted.fingerprint);
  checkText('description', wanted.description);
  checkOptions({ dimensions: wanted.dimensions }, { dimensions: COUNT });
  if (!has || has.fingerprint === wanted.fingerprint) return;
  throw new Error(
    `Cannot use this store with this model: it was filled by another (${has.description}), this one is ${wanted.description}; search with that model, or fill a new store with this one`,
  );
}
