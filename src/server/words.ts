import type { EncodePool } from './encode-pool.ts';
import type { ServedModels } from './models.ts';
import { type Answer, type Call, defineRoute, type Route } from './route.ts';
import * as schemas from './schemas.ts';
import type { WordQuestion } from './word-questions.ts';

/** Questions about words and texts: each answer is what the command of that name gives with --json. */
export function wordRoutes({ models, pool }: { readonly models: ServedModels; readonly pool: EncodePool }): Route[] {
  async function ask(call: Call, name: string | undefined, question: WordQuestion): Promise<Answer> {
    const { answer, notes } = await pool.ask(models.get(name), question, () => call.signal);
    for (const note of notes) call.note(note);
    return call.json(answer);
  }
  const common = { method: 'post', group: 'Words', statuses: [404] } as const;
  return [
    defineRoute({
      ...common,
      path: '/v1/similarity',
      summary: 'Cosine similarity and Euclidean distance of two texts',
      body: schemas.TwoTextsRequest,
      answer: schemas.SimilarityAnswer,
      handle: (call) => ask(call, call.body.model, { kind: 'similarity', ...withoutModel(call.body) }),
    }),
    defineRoute({
      ...common,
      path: '/v1/neighbors',
      summary: 'The words nearest to one or several words',
      body: schemas.NeighborsRequest,
      answer: schemas.Neighbors,
      handle: (call) => ask(call, call.body.model, { kind: 'neighbors', ...withoutModel(call.body) }),
    }),
    defineRoute({
      ...common,
      path: '/v1/analogy',
      summary: 'a is to b as c is to …',
      body: schemas.AnalogyRequest,
      answer: schemas.Neighbors,
      handle: (call) => ask(call, call.body.model, { kind: 'analogy', ...withoutModel(call.body) }),
    }),
    defineRoute({
      ...common,
      path: '/v1/explain',
      summary: 'Why two texts are similar: what each word adds to the cosine similarity',
      body: schemas.TwoTextsRequest,
      answer: schemas.ExplainAnswer,
      handle: (call) => ask(call, call.body.model, { kind: 'explain', ...withoutModel(call.body) }),
    }),
    defineRoute({
      ...common,
      path: '/v1/context',
      summary: 'The words expected around the given ones, with their softmax probabilities',
      body: schemas.ContextRequest,
      answer: schemas.ContextAnswer,
      handle: (call) => ask(call, call.body.model, { kind: 'context', ...withoutModel(call.body) }),
    }),
  ];
}

function withoutModel<T extends { readonly model?: unknown }>({ model: _, ...rest }: T): Omit<T, 'model'> {
  return rest;
}
