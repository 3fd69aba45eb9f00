import type { SharedModel } from '../../model/share-model.ts';
import { abortError, withinDeadline } from '../../server/deadline.ts';
import type { EncodedTexts, EncodePool } from '../../server/encode-pool.ts';
import { overloaded } from '../../server/errors.ts';
import type { ServedModel } from '../../server/models.ts';
import { answerWords, type WordAnswer, type WordQuestion } from '../../server/word-questions.ts';
import { type VectorForm, vectorsText, type WrittenVectors } from '../../server/write-vectors.ts';
import { ServerThread } from './server-thread.ts';
import type { EncodeTask, TaskResult } from './thread-tasks.ts';

/**
 * Requests of so many characters are encoded in the thread that has read them: to hand over a sentence takes more of it than to
 * encode it (docs/design.md).
 */
export const INLINE_CHARACTERS = 4096;
/** What a thread gets at once, about: some milliseconds of work, so that a large request lets small ones through. */
const MESSAGE_CHARACTERS = 1 << 16;
/** Messages on their way to a thread, so that it need not wait for the next one. */
const MESSAGES_AHEAD = 2;
/** More does not wait: a thread encodes about 10 million characters a second. */
const MOST_WAITING_CHARACTERS = 1 << 23;
const MOST_WAITING_QUESTIONS = 256;

interface Job extends EncodeTask {
  readonly model: ServedModel;
  readonly characters: number;
  readonly signal: AbortSignal;
  resolve(result: WrittenVectors): void;
  reject(error: unknown): void;
}

/** Threads that encode over one copy of each model. */
export class ThreadPool implements EncodePool {
  readonly #threads: ServerThread[];
  readonly #jobs: Job[] = [];
  readonly #keys = new WeakMap<object, number>();
  #nextKey = 0;
  #waitingQuestions = 0;
  waitingCharacters = 0;

  /** @param onFailure - told when a thread has failed; another one takes its place */
  constructor(size: number, onFailure: (error: Error) => void) {
    this.#threads = Array.from({ length: size }, () => new ServerThread(onFailure));
  }

  /** Resolves when all threads run. */
  async start(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.start()));
  }

  /** Gives a model to all threads; then the requests for this encoder can come. */
  async open(encoder: ServedModel['encoder'], shared: SharedModel): Promise<void> {
    const key = this.#nextKey++;
    await Promise.all(this.#threads.map((thread) => thread.open(key, shared)));
    this.#keys.set(encoder, key);
  }

  /** The model will not be asked for any more; requests that wait for it are answered before. */
  async forget(encoder: ServedModel['encoder']): Promise<void> {
    while (this.#jobs.some(({ model }) => model.encoder === encoder))
      await new Promise((resolve) => setTimeout(resolve, 50));
    const key = this.#keys.get(encoder);
    if (key !== undefined) await Promise.all(this.#threads.map((thread) => thread.forget(key)));
  }

  encode(
    model: ServedModel,
    texts: readonly string[],
    form: VectorForm,
    signal: () => AbortSignal,
  ): EncodedTexts | Promise<EncodedTexts> {
    let characters = 0;
    for (const text of texts) characters += text.length;
    if (characters > INLINE_CHARACTERS) return this.#encodeInThreads(model, texts, form, characters, signal());
    return vectorsText(model.encoder, texts, form);
  }

  async #encodeInThreads(
    model: ServedModel,
    texts: readonly string[],
    form: VectorForm,
    characters: number,
    signal: AbortSignal,
  ): Promise<EncodedTexts> {
    if (this.waitingCharacters > 0 && this.waitingCharacters + characters > MOST_WAITING_CHARACTERS)
      throw overloaded('Too many texts wait to be encoded; try again later');
    const working = Promise.all(
      splitTexts(texts, Math.min(MESSAGE_CHARACTERS, Math.ceil(characters / this.#threads.length))).map(
        ({ begin, end, characters }) =>
          new Promise<WrittenVectors>((resolve, reject) => {
            const task = { texts: texts.slice(begin, end), form, first: begin };
            this.#jobs.push({ model, ...task, characters, signal, resolve, reject });
            this.waitingCharacters += characters;
            this.#dispatch();
          }),
      ),
    );
    const parts = await withinDeadline(working, signal);
    return {
      json: parts.map(({ json }) => json),
      tokens: parts.reduce((sum, part) => sum + part.tokens, 0),
      withoutWords: parts.reduce((sum, part) => sum + part.withoutWords, 0),
    };
  }

  /** Gives what waits to threads that have little to do. */
  #dispatch(): void {
    while (this.#jobs.length > 0) {
      const thread = this.#threads.reduce((a, b) => (b.load < a.load ? b : a));
      if (thread.load >= MESSAGES_AHEAD) return;
      const jobs = this.#take();
      if (jobs.length > 0) void this.#run(thread, jobs);
    }
  }

  /** Jobs for one message: those of one model that wait together. */
  #take(): Job[] {
    const taken: Job[] = [];
    let characters = 0;
    while (this.#jobs.length > 0) {
      const job = this.#jobs[0];
      if (
        taken.length > 0 &&
        (job.model.encoder !== taken[0].model.encoder || characters + job.characters > MESSAGE_CHARACTERS)
      )
        break;
      this.#jobs.shift();
      this.waitingCharacters -= job.characters;
      if (job.signal.aborted) job.reject(abortError(job.signal));
      else {
        taken.push(job);
        characters += job.characters;
      }
    }
    return taken;
  }

  async #run(thread: ServerThread, jobs: readonly Job[]): Promise<void> {
    try {
      const tasks = jobs.map(({ texts, form, first }) => ({ texts, form, first }));
      const results = await thread.call<TaskResult[]>('encode', [this.#keyOf(jobs[0].model), tasks]);
      results.forEach((result, i) => {
        if ('json' in result) jobs[i].resolve(result);
        else jobs[i].reject(Object.assign(new Error(result.error.message), { name: result.error.name }));
      });
    } catch (error) {
      for (const job of jobs) job.reject(error);
    }
    this.#dispatch();
  }

  /** Comparisons of short texts are answered here; what scans all words by the first thread, which alone makes an index for it. */
  ask(model: ServedModel, question: WordQuestion, signal: () => AbortSignal): WordAnswer | Promise<WordAnswer> {
    const isComparison = question.kind === 'similarity' || question.kind === 'explain';
    if (isComparison && question.first.length + question.second.length <= INLINE_CHARACTERS)
      return answerWords(model.encoder, question);
    return this.#askThread(model, question, signal());
  }

  async #askThread(model: ServedModel, question: WordQuestion, signal: AbortSignal): Promise<WordAnswer> {
    if (this.#waitingQuestions >= MOST_WAITING_QUESTIONS)
      throw overloaded('Too many questions wait to be answered; try again later');
    this.#waitingQuestions++;
    try {
      const answer = this.#threads[0].call<WordAnswer>('ask', [this.#keyOf(model), question]);
      return await withinDeadline(answer, signal);
    } finally {
      this.#waitingQuestions--;
    }
  }

  #keyOf({ encoder }: ServedModel): number {
    return this.#keys.get(encoder) ?? -1;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** Cuts texts into runs of about so many characters each. */
function splitTexts(
  texts: readonly string[],
  wanted: number,
): { readonly begin: number; readonly end: number; readonly characters: number }[] {
  const runs: { begin: number; end: number; characters: number }[] = [];
  let begin = 0;
  let characters = 0;
  texts.forEach((text, i) => {
    characters += text.length;
    if (characters < wanted && i < texts.length - 1) return;
    runs.push({ begin, end: i + 1, characters });
    begin = i + 1;
    characters = 0;
  });
  return runs;
}
