import { z } from 'zod';
import { METRICS } from '../store/text-store.ts';
import { nearestSpelling } from '../text/nearest-spelling.ts';
import { showValue } from '../text/show-value.ts';
import { isWellFormed } from '../text/utf8.ts';
import { RequestError } from './errors.ts';
import { MOST_TEXTS } from './limits.ts';

/** Characters of what is one word. */
const MOST_WORD_CHARACTERS = 1000;
const MOST_WORDS = 1000;
const MOST_COUNT = 10_000;

// Each message completes `"field" …, got …`.

const isText = (text: string) => !text.includes('\0') && isWellFormed(text);
const NO_TEXT = 'must hold neither a NUL character nor half of a surrogate pair';

export const text = z
  .string({ error: 'must be a text' })
  .min(1, 'must be a text that is not empty')
  .refine(isText, { error: NO_TEXT })
  .meta({ id: 'Text', description: 'A text that is not empty, without NUL characters and halves of surrogate pairs.' });

const texts = z
  .array(text, { error: 'must be an array of texts' })
  .min(1, 'must hold a text at least')
  .max(MOST_TEXTS, `must hold ${MOST_TEXTS} texts at most`);

/** What is no text and no array of texts, with a sentence for arrays of token ids, which OpenAI takes. */
function inputProblem({ input }: { readonly input?: unknown }): string {
  const first: unknown = Array.isArray(input) ? (input as unknown[])[0] : undefined;
  const isIds = typeof first === 'number' || (Array.isArray(first) && typeof first[0] === 'number');
  if (Array.isArray(input) && input.length > MOST_TEXTS) return `must hold ${MOST_TEXTS} texts at most`;
  if (isIds) return 'must be a text or an array of texts: token ids are of another tokenizer than the model has';
  const place = Array.isArray(input) ? (input as unknown[]).findIndex((one) => typeof one !== 'string') : -1;
  const which = place < 0 ? '' : `; its element ${place} is ${showValue((input as unknown[])[place])}`;
  return `must be a text or an array of texts${which}`;
}

const textOrTexts = z.union([text, texts], { error: inputProblem });

const model = z.string({ error: 'must be the name of a model' }).min(1, 'must be the name of a model');
const optionalModel = model.optional().meta({ description: 'The first model that is served, if omitted.' });

const count = (most: number) =>
  z
    .int({ error: `must be an integer from 1 to ${most}` })
    .min(1, `must be an integer from 1 to ${most}`)
    .max(most, `must be an integer from 1 to ${most}`);
const dimensions = count(65_536).optional().meta({ description: 'Only the first so many dimensions.' });
const flag = z.boolean({ error: 'must be true or false' });
const choice = <const T extends readonly [string, ...string[]]>(choices: T) =>
  z.enum(choices, { error: `must be ${choices.join(' or ')}` });

const word = z
  .string({ error: 'must be a word' })
  .min(1, 'must be a word that is not empty')
  .max(MOST_WORD_CHARACTERS, `must be a word of ${MOST_WORD_CHARACTERS} characters at most`)
  .refine(isText, { error: NO_TEXT });
const words = z
  .array(word, { error: 'must be an array of words' })
  .min(1, 'must hold a word at least')
  .max(MOST_WORDS, `must hold ${MOST_WORDS} words at most`);
const wordOrWords = z.union([word, words], {
  error: ({ input }) =>
    Array.isArray(input) && input.length > MOST_WORDS
      ? `must hold ${MOST_WORDS} words at most`
      : 'must be a word or an array of words',
});
const method = choice(['3CosAdd', '3CosMul']);

export const number = z.number({ error: 'must be a number' });

// POST /v1/embeddings

export const EmbeddingsRequest = z
  .strictObject({
    model,
    input: textOrTexts,
    // Some clients send null for what they leave out.
    encoding_format: choice(['float', 'base64']).nullish().meta({ description: 'float if omitted.' }),
    dimensions: dimensions.nullable(),
    user: z.string({ error: 'must be a text' }).nullish().meta({ description: 'Taken as OpenAI does, and not used.' }),
  })
  .meta({ id: 'EmbeddingsRequest', example: { model: 'news', input: ['The harbour was closed.', 'Ships wait.'] } });

export const EmbeddingsAnswer = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z
          .union([z.array(z.number()), z.string()])
          .meta({ description: 'Numbers, or with base64 the bytes of float32, the lowest first.' }),
      }),
    ),
    model: z.string(),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'Embeddings' });

export const Model = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().meta({ description: 'Seconds since 1970.' }),
    owned_by: z.string(),
  })
  .meta({ id: 'Model' });
export const Models = z.object({ object: z.literal('list'), data: z.array(Model) }).meta({ id: 'Models' });

// text-embeddings-inference

export const EmbedRequest = z
  .strictObject({
    inputs: textOrTexts,
    normalize: flag.optional().meta({ description: 'true if omitted, as text-embeddings-inference has it.' }),
    dimensions,
    truncate: flag.optional().meta({ description: 'Taken, and not used: a text that is too long is refused.' }),
    truncation_direction: choice(['Left', 'Right', 'left', 'right']).optional(),
    prompt_name: z.null({ error: 'must be null: models of words have no prompts' }).optional(),
  })
  .meta({ id: 'EmbedRequest', example: { inputs: ['The harbour was closed.', 'Ships wait.'] } });
export const EmbedAnswer = z.array(z.array(z.number())).meta({ id: 'Vectors' });
export const InfoAnswer = z
  .object({
    model_id: z.string(),
    model_sha: z.null(),
    model_dtype: z.string(),
    model_type: z.object({ embedding: z.object({ pooling: z.string() }) }),
    max_concurrent_requests: z.int(),
    max_input_length: z.int(),
    max_batch_tokens: z.int(),
    max_batch_requests: z.null(),
    max_client_batch_size: z.int(),
    auto_truncate: z.boolean(),
    tokenization_workers: z.int(),
    version: z.string(),
    sha: z.null(),
    docker_label: z.null(),
  })
  .meta({ id: 'Info' });

// Words

const Neighbors = z.array(z.object({ word: z.string(), similarity: z.number() })).meta({ id: 'Neighbors' });

export { Neighbors };

export const NeighborsRequest = z
  .strictObject({
    model: optionalModel,
    words: wordOrWords,
    minus: z
      .array(word, { error: 'must be an array of words' })
      .max(MOST_WORDS, `must hold ${MOST_WORDS} words at most`)
      .optional()
      .meta({ description: 'Words to go away from.' }),
    method: method.optional().meta({ description: 'How several words are joined; 3CosAdd if omitted.' }),
    count: count(MOST_COUNT).optional().meta({ description: '10 if omitted.' }),
  })
  .meta({ id: 'NeighborsRequest', example: { words: ['king', 'woman'], minus: ['man'], count: 5 } });

export const AnalogyRequest = z
  .strictObject({
    model: optionalModel,
    a: word,
    b: word,
    c: word,
    method: method.optional().meta({ description: '3CosAdd if omitted.' }),
    count: count(MOST_COUNT).optional().meta({ description: '10 if omitted.' }),
  })
  .meta({ id: 'AnalogyRequest', example: { a: 'man', b: 'king', c: 'woman' } });

export const TwoTextsRequest = z
  .strictObject({ model: optionalModel, first: text, second: text })
  .meta({ id: 'TwoTextsRequest', example: { first: 'Ships wait.', second: 'The harbour was closed.' } });
export const SimilarityAnswer = z.object({ cosine: z.number(), euclidean: z.number() }).meta({ id: 'Similarity' });

const Contributions = z
  .array(z.object({ word: z.string(), occurrences: z.int(), contribution: z.number() }))
  .meta({ id: 'Contributions' });
export const ExplainAnswer = z
  .object({ cosine: z.number(), first: Contributions, second: Contributions })
  .meta({ id: 'Explanation' });

export const ContextRequest = z
  .strictObject({
    model: optionalModel,
    words: wordOrWords,
    count: count(MOST_COUNT).optional().meta({ description: '10 if omitted.' }),
  })
  .meta({ id: 'ContextRequest', example: { words: ['king', 'queen'] } });
export const ContextAnswer = z.array(z.object({ word: z.string(), probability: z.number() })).meta({ id: 'Context' });

// Texts

const id = z.string({ error: 'must be a text' }).min(1, 'must be a text that is not empty').max(2000, 'is too long');
// As they are: a record of zod leaves a field named __proto__ out.
const metadata = z
  .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be an object',
  })
  .meta({ type: 'object', additionalProperties: {} });
const where = z
  .string({ error: 'must be a condition, such as \'lang = "zh" and year >= 2020\'' })
  .min(1, 'must be a condition')
  .max(10_000, 'must be a condition of 10000 characters at most')
  .optional()
  .meta({ description: 'A condition on metadata, such as `lang = "zh" and year >= 2020`.' });

export const TextRecordSchema = z
  .strictObject({ id, text: z.string({ error: 'must be a text' }), metadata: metadata.optional() })
  .meta({ id: 'TextRecord', example: { id: '1', text: 'The harbour was closed.', metadata: { year: 2021 } } });
export const AddTextsRequest = z
  .strictObject({
    texts: z
      .array(TextRecordSchema, { error: 'must be an array of { id, text, metadata }' })
      .min(1, 'must hold a text at least')
      .max(MOST_TEXTS, `must hold ${MOST_TEXTS} texts at most; send more of them as lines of JSON`),
  })
  .meta({
    id: 'AddTextsRequest',
    example: { texts: [{ id: '1', text: 'The harbour was closed.', metadata: { year: 2021 } }] },
  });
export const AddTextsAnswer = z
  .object({
    texts: z.int().meta({ description: 'Texts that are durable.' }),
    added: z.int(),
    updated: z.int(),
    repeated: z.int().meta({ description: 'Texts whose id came before in the same request: the later one counts.' }),
    unchanged: z.int(),
    withoutWords: z.int().meta({ description: 'Texts without a word that the model knows.' }),
    done: z.literal(true).optional().meta({ description: 'Of lines: on the last one, if all went well.' }),
  })
  .meta({ id: 'AddedTexts' });

export const ListTextsQuery = z.strictObject({
  after: id.optional().meta({ description: 'Only ids behind this one.' }),
  // Digits only: other spellings of numbers, such as 1e3, are mistakes here.
  count: z
    .preprocess(
      (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
      count(MOST_COUNT),
    )
    .optional()
    .meta({ description: '100 if omitted.' }),
  where,
});
export const TextRecords = z
  .array(z.object({ id: z.string(), text: z.string(), metadata: z.record(z.string(), z.unknown()) }))
  .meta({ id: 'TextRecords' });

export const DeleteTextsRequest = z
  .strictObject({
    ids: z
      .array(id, { error: 'must be an array of ids' })
      .min(1, 'must hold an id at least')
      .max(MOST_COUNT, `must hold ${MOST_COUNT} ids at most`),
  })
  .meta({ id: 'DeleteTextsRequest', example: { ids: ['1'] } });
export const DeleteTextsAnswer = z.object({ deleted: z.int() }).meta({ id: 'DeletedTexts' });

export const SearchRequest = z
  .strictObject({
    question: text,
    count: count(1000).optional().meta({ description: '10 if omitted.' }),
    metric: choice(METRICS).optional().meta({ description: 'cosine if omitted.' }),
    where,
    hybrid: flag.optional().meta({ description: 'By words, too, joined with the vectors.' }),
    explain: flag.optional().meta({ description: 'Tell of each hit which words made it one.' }),
    snippets: flag.optional().meta({ description: 'Give of each hit the sentence that is nearest to the question.' }),
    foldDuplicates: z
      .union([flag, z.number().gt(0).max(1)], { error: 'must be true, false or a share above 0, at most 1' })
      .optional()
      .meta({ description: 'Fold hits that have this share of their words in common with a better one; true is .8.' }),
  })
  .meta({ id: 'SearchRequest', example: { question: 'ships in a harbour', count: 3 } });
export const SearchAnswer = z
  .array(
    z.object({
      id: z.string(),
      text: z.string(),
      metadata: z.record(z.string(), z.unknown()),
      similarity: z.number().optional(),
      distance: z.number().optional(),
      score: z.number().optional(),
      explanation: z.record(z.string(), z.unknown()).optional().meta({ description: 'With explain.' }),
      snippet: z.record(z.string(), z.unknown()).optional().meta({ description: 'With snippets.' }),
      duplicates: z.array(z.string()).optional().meta({ description: 'With foldDuplicates.' }),
    }),
  )
  .meta({ id: 'Hits' });

// Operations

export const HealthAnswer = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });
export const ReadyAnswer = z.object({ ready: z.boolean(), models: z.array(z.string()) }).meta({ id: 'Ready' });

export const ErrorAnswer = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable().meta({ description: 'The field that is meant.' }),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'Error' });
export const InferenceErrorAnswer = z
  .object({ error: z.string(), error_type: z.string() })
  .meta({ id: 'InferenceError' });

/**
 * A value that its schema lets through.
 *
 * @param kind - what its parts are called: field or parameter
 * @throws RequestError 400 (413 for more texts than a request may hold) that names the first part that is wrong
 */
export function checkFields<T>(schema: z.ZodType<T>, value: unknown, kind: 'field' | 'parameter'): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const name = path.replace(/^\./, '');
  if (issue.code === 'unrecognized_keys')
    throw new RequestError(400, unknownField(issue.keys[0], schema, name, kind), {
      param: issue.keys[0].slice(0, 100),
      code: 'unknown_field',
    });
  let found: unknown = value;
  for (const part of issue.path) found = (found as Record<PropertyKey, unknown>)?.[part];
  if (name === '')
    throw new RequestError(400, `The ${kind}s must be a JSON object, got ${showValue(value)}`, {
      code: 'invalid_type',
    });
  const got = found === undefined ? `; it is missing` : `, got ${showValue(found)}`;
  throw new RequestError(400, `"${name}" ${issue.message}${got}`, {
    param: String(issue.path[0]),
    code: found === undefined ? 'missing' : 'invalid_value',
  });
}

function unknownField(key: string, schema: z.ZodType, name: string, kind: string): string {
  const shown = JSON.stringify(key.slice(0, 60));
  if (name !== '') return `There is no ${kind} ${shown} in "${name}"`;
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const nearest = nearestSpelling(key.slice(0, 60), names);
  const help = nearest ? `did you mean "${nearest}"?` : `there are ${names.map((known) => `"${known}"`).join(', ')}`;
  return `There is no ${kind} ${shown}; ${help}`;
}
