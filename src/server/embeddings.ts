import { counted, textsWithoutWords } from '../text/counted.ts';
import type { EncodedTexts, EncodePool } from './encode-pool.ts';
import { RequestError } from './errors.ts';
import { MOST_TEXTS, MOST_TOKENS_OF_ALL, type ServerLimits } from './limits.ts';
import type { ServedModel, ServedModels } from './models.ts';
import { type Answer, type Call, defineRoute, type Route } from './route.ts';
import * as schemas from './schemas.ts';
import { MOST_TOKENS, type VectorForm } from './write-vectors.ts';

/** What the routes of vectors need. */
export interface EmbeddingServices {
  readonly models: ServedModels;
  readonly pool: EncodePool;
  readonly limits: ServerLimits;
  readonly version: string;
}

/** Routes that make vectors of texts, in the shapes of OpenAI and of text-embeddings-inference. */
export function embeddingRoutes(services: EmbeddingServices): Route[] {
  return [...openaiRoutes(services), ...inferenceRoutes(services)];
}

function openaiRoutes({ models, pool }: EmbeddingServices): Route[] {
  const describe = ({ name, created }: ServedModel) => ({ id: name, object: 'model', created, owned_by: 'wordkin' });
  return [
    defineRoute({
      method: 'post',
      path: '/v1/embeddings',
      group: 'OpenAI',
      summary: 'Texts to vectors',
      description:
        'As OpenAI has it: vectors of length 1, and its limits: 2,048 texts, 8,192 tokens a text, 300,000 tokens in all. Token ids are refused.',
      body: schemas.EmbeddingsRequest,
      answer: schemas.EmbeddingsAnswer,
      statuses: [404],
      handle(call) {
        const { model: name, input } = call.body;
        const encoding = call.body.encoding_format ?? 'float';
        const dimensions = call.body.dimensions ?? undefined;
        const form: VectorForm = { layout: 'objects', encoding, dimensions, normalize: true };
        return answerVectors(pool, call, models.get(name), input, form, (tokens) => [
          '{"object":"list","data":[',
          `],"model":${JSON.stringify(name)},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`,
        ]);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/models',
      group: 'OpenAI',
      summary: 'The models that are served',
      answer: schemas.Models,
      handle: (call) => call.json({ object: 'list', data: models.all().map(describe) }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/models/:model',
      group: 'OpenAI',
      summary: 'One of them',
      answer: schemas.Model,
      statuses: [404],
      handle: (call) => call.json(describe(models.get(call.params.model))),
    }),
  ];
}

function inferenceRoutes({ models, pool, limits, version }: EmbeddingServices): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/embed',
      group: 'text-embeddings-inference',
      summary: 'Texts to vectors by the first model',
      description: 'As text-embeddings-inference has it: vectors are normalised unless `normalize` is false.',
      body: schemas.EmbedRequest,
      answer: schemas.EmbedAnswer,
      errors: 'inference',
      handle(call) {
        const { inputs, normalize = true, dimensions } = call.body;
        const form: VectorForm = { layout: 'arrays', encoding: 'float', dimensions, normalize };
        return answerVectors(pool, call, models.get(), inputs, form, () => ['[', ']']);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/info',
      group: 'text-embeddings-inference',
      summary: 'What is served, and its limits',
      answer: schemas.InfoAnswer,
      errors: 'inference',
      handle(call) {
        const { name, encoder } = models.get();
        return call.json({
          model_id: name,
          model_sha: null,
          model_dtype: encoder.model.toJSON().vectors,
          model_type: { embedding: { pooling: 'mean' } },
          max_concurrent_requests: limits.maximumRequests,
          max_input_length: MOST_TOKENS,
          max_batch_tokens: MOST_TOKENS_OF_ALL,
          max_batch_requests: null,
          max_client_batch_size: MOST_TEXTS,
          auto_truncate: false,
          tokenization_workers: 1,
          version,
          sha: null,
          docker_label: null,
        });
      },
    }),
  ];
}

/** The vectors of a request, in a frame that may tell the tokens; at once, where the pool has them at once. */
function answerVectors(
  pool: EncodePool,
  call: Call,
  model: ServedModel,
  input: string | readonly string[],
  form: VectorForm,
  frame: Frame,
): Answer | Promise<Answer> {
  const texts = typeof input === 'string' ? [input] : input;
  const { dimensions } = model.encoder;
  if (form.dimensions !== undefined && form.dimensions > dimensions)
    throw new RequestError(
      400,
      `"dimensions" must be an integer from 1 to ${dimensions}, as the model ${JSON.stringify(model.name)} has them, got ${form.dimensions}`,
      { param: 'dimensions', code: 'invalid_value' },
    );
  const working = pool.encode(model, texts, form, () => call.signal);
  if ('then' in working) return working.then((encoded) => toAnswer(call, texts.length, encoded, frame));
  return toAnswer(call, texts.length, working, frame);
}

/** What stands before and behind the vectors. */
type Frame = (tokens: number) => readonly [before: string, behind: string];

function toAnswer(call: Call, texts: number, { json, tokens, withoutWords }: EncodedTexts, frame: Frame): Answer {
  if (tokens > MOST_TOKENS_OF_ALL)
    throw new RequestError(
      400,
      `The texts have ${counted(tokens, 'token')}, at most ${MOST_TOKENS_OF_ALL} are allowed; send them in parts`,
      { code: 'context_length_exceeded' },
    );
  call.texts = texts;
  call.tokens = tokens;
  if (withoutWords > 0) call.note(`${textsWithoutWords(withoutWords, texts)}; without one, a vector is all zeros`);
  const [before, behind] = frame(tokens);
  return { body: joinBody(before, json, behind), type: 'application/json' };
}

const COMMA = 44;
const utf8 = new TextEncoder();

/** The pieces with commas between them, framed. */
function joinBody(
  before: string,
  pieces: string | readonly Uint8Array<ArrayBuffer>[],
  behind: string,
): string | Uint8Array<ArrayBuffer> {
  if (typeof pieces === 'string') return before + pieces + behind;
  const [head, tail] = [utf8.encode(before), utf8.encode(behind)];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0) + pieces.length - 1;
  const body = new Uint8Array(head.length + length + tail.length);
  body.set(head);
  let at = head.length;
  pieces.forEach((piece, i) => {
    if (i > 0) body[at++] = COMMA;
    body.set(piece, at);
    at += piece.length;
  });
  body.set(tail, at);
  return body;
}
