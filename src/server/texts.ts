import { knownSentence } from '../sentences/compare-texts.ts';
import type { AddProgress } from '../store/add-texts.ts';
import { checkRecord } from '../store/check-texts.ts';
import type { TextIndex } from '../store/text-index.ts';
import type { TextRecord } from '../store/text-store.ts';
import { concatenate } from '../text/concatenate.ts';
import { parseExactly } from '../text/json-records.ts';
import { withinDeadline } from './deadline.ts';
import { errorBody, RequestError } from './errors.ts';
import type { IncomingRequest } from './exchange.ts';
import { bodyTooLong, type ServerLimits } from './limits.ts';
import { chunksOf, decodeText, inTime } from './read-body.ts';
import { type Answer, type Call, defineRoute, isLines, type Route } from './route.ts';
import * as schemas from './schemas.ts';

/** What the routes of texts need. */
export interface TextServices {
  readonly index: () => TextIndex | undefined;
  readonly limits: ServerLimits;
}

/** Texts of a transaction that came as lines: encoding them holds up other requests for some milliseconds. */
const BATCH_TEXTS = 500;

/** Routes that keep texts and search them. */
export function textRoutes({ index: findIndex, limits }: TextServices): Route[] {
  const theIndex = (): TextIndex => {
    const index = findIndex();
    if (index) return index;
    throw new RequestError(409, 'The server has no store of texts; start it with --db', { code: 'no_store' });
  };
  const common = { path: '/v1/texts', group: 'Texts', statuses: [409] } as const;
  return [
    defineRoute({
      ...common,
      method: 'post',
      summary: 'Adds texts, and replaces those of the same id',
      description:
        'A JSON body is stored as a whole. Lines of JSON (application/x-ndjson), any number, are stored as they come; the answer is a line for each transaction: what it counts is durable. The last line has "done", or "error".',
      body: schemas.AddTextsRequest,
      parse: parseExactly, // as records in files: numbers of metadata beyond 2^53 would be others
      lines: schemas.TextRecordSchema,
      answer: schemas.AddTextsAnswer,
      async handle(call) {
        const index = theIndex();
        if (isLines(call.request)) return addLines(call, index, limits);
        const { texts } = call.body;
        for (const record of texts as TextRecord[]) checkRecord(record);
        const adding = index.add(texts as TextRecord[], { batchSize: texts.length, signal: call.signal });
        call.texts = texts.length;
        return call.json(counts(await withinDeadline(adding, call.signal)));
      },
    }),
    defineRoute({
      ...common,
      method: 'get',
      summary: 'Lists texts in the order of their ids',
      query: schemas.ListTextsQuery,
      answer: schemas.TextRecords,
      async handle(call) {
        const index = theIndex();
        const onNote = (message: string) => call.note(message);
        return call.json(await withinDeadline(index.list({ ...call.query, onNote }), call.signal));
      },
    }),
    defineRoute({
      ...common,
      method: 'delete',
      summary: 'Deletes texts by their ids',
      body: schemas.DeleteTextsRequest,
      answer: schemas.DeleteTextsAnswer,
      handle: async (call) =>
        call.json({ deleted: await withinDeadline(theIndex().delete(call.body.ids), call.signal) }),
    }),
    searchRoute(theIndex),
  ];
}

function searchRoute(theIndex: () => TextIndex): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/search',
    group: 'Texts',
    statuses: [409],
    summary: 'The texts nearest to a question',
    body: schemas.SearchRequest,
    answer: schemas.SearchAnswer,
    async handle(call) {
      const index = theIndex();
      const { question, ...options } = call.body;
      const note = (message: string) => call.note(message);
      // Words of the texts are found by a hybrid search, also where the model knows none of them.
      if (!options.hybrid) knownSentence(index.encoder, question, 'search', () => {});
      return call.json(await withinDeadline(index.search(question, { ...options, onNote: note }), call.signal));
    },
  });
}

function counts({ texts, added, updated, repeated, withoutWords }: AddProgress): object {
  return { texts, added, updated, repeated, unchanged: texts - added - updated, withoutWords };
}

/** Adds texts as their lines come. An error before anything is durable is the answer; later it is the last line. */
async function addLines(call: Call, index: TextIndex, limits: ServerLimits): Promise<Answer> {
  const encoder = new TextEncoder();
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const start = (given: typeof controller) => {
    controller = given;
  };
  const body = new ReadableStream<Uint8Array>({ start }, { highWaterMark: 64 });
  const send = (value: object) => controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
  let progress: AddProgress = { texts: 0, added: 0, updated: 0, repeated: 0, withoutWords: 0 };
  let hasBegun: (() => void) | undefined;
  const begun = new Promise<void>((resolve) => (hasBegun = resolve));
  const adding = index.add(readRecords(call.request, limits), {
    batchSize: BATCH_TEXTS,
    onProgress(now) {
      progress = now;
      call.texts = now.texts;
      hasBegun?.();
      // Of a client that does not read, only the later counts are left out.
      if ((controller.desiredSize ?? 0) > 0) trySending(() => send(counts(now)));
    },
  });
  await Promise.race([begun, adding]);
  call.whenSent = adding.then(
    (all) =>
      trySending(() => {
        send({ ...counts(all), done: true });
        controller.close();
      }),
    (thrown) => {
      const error = call.fail(thrown);
      trySending(() => {
        send({ ...errorBody(error, 'openai'), ...counts(progress) });
        controller.close();
      });
    },
  );
  return { body, type: 'application/x-ndjson' };
}

/** The client may have gone. */
function trySending(send: () => void): void {
  try {
    send();
  } catch {
    // Nobody reads it; what is stored stays.
  }
}

/** @throws RequestError for a line that is no record, is too long or does not come */
async function* readRecords(request: IncomingRequest, limits: ServerLimits): AsyncGenerator<TextRecord> {
  let number = 0;
  for await (const line of readLines(request, limits)) {
    const record = readRecord(line, ++number);
    if (record) yield record;
  }
}

/** The record of a line, or undefined where it is empty. */
function readRecord(bytes: Uint8Array, number: number): TextRecord | undefined {
  try {
    const line = decodeText(bytes, 'The line');
    if (line.trim() === '') return undefined;
    return schemas.checkFields(schemas.TextRecordSchema, parseExactly(line), 'field') as TextRecord;
  } catch (error) {
    const own = error instanceof RequestError ? error : undefined;
    const reason = own?.message ?? `it is not JSON: ${(error as Error).message.slice(0, 200)}`;
    const { code, param } = own ?? { code: 'invalid_json', param: null };
    throw new RequestError(400, `Cannot read line ${number}: ${reason}`, { code, param });
  }
}

const LINE_FEED = 10;

/** The lines as they come, without their ends. */
async function* readLines(
  request: IncomingRequest,
  { maximumBodyBytes, timeoutMs }: ServerLimits,
): AsyncGenerator<Uint8Array> {
  const chunks = chunksOf(request);
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let waitedMs = 0; // for the line that is not complete
  for (;;) {
    const begin = performance.now();
    const next = await inTime(chunks.next(), Math.max(1, timeoutMs - waitedMs));
    waitedMs += performance.now() - begin;
    if (next.done) break;
    let at = 0;
    for (let end = next.value.indexOf(LINE_FEED); end >= 0; end = next.value.indexOf(LINE_FEED, at)) {
      if (restBytes + end - at > maximumBodyBytes) throw bodyTooLong(maximumBodyBytes);
      yield concatenate([...rest, next.value.subarray(at, end)]);
      [rest, restBytes, waitedMs] = [[], 0, 0];
      at = end + 1;
    }
    rest.push(next.value.slice(at));
    restBytes += next.value.length - at;
    if (restBytes > maximumBodyBytes) throw bodyTooLong(maximumBodyBytes);
  }
  if (restBytes > 0) yield concatenate(rest);
}
