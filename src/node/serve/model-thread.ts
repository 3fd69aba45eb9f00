// The entry of a thread of the server.
import { parentPort } from 'node:worker_threads';
import { degenerateVectors } from '../../model/degenerate-vectors.ts';
import { allocateBy } from '../../model/formats/allocate.ts';
import { openSharedModel, type SharedModel, shareModel } from '../../model/share-model.ts';
import type { SentenceEncoder } from '../../sentences/sentence-encoder.ts';
import { answerWords, type WordQuestion } from '../../server/word-questions.ts';
import { type VectorForm, writeVectors } from '../../server/write-vectors.ts';
import { STARTED, serveCalls } from '../../threads/remote-calls.ts';
import { createSentenceEncoder } from '../load-tokenizer.ts';
import { allocateShared } from './allocate-shared.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { EncodeTask, LoadedModel, TaskResult } from './thread-tasks.ts';

const encoders = new Map<number, SentenceEncoder>();

function encoderOf(key: number): SentenceEncoder {
  const encoder = encoders.get(key);
  if (!encoder) throw new Error(`the thread has no model ${key}`);
  return encoder;
}

/** Reads a model into shared memory. */
async function load(path: string): Promise<LoadedModel> {
  const { loadModel } = await import('../model-files.ts'); // half of all modules: threads that answer do without them
  allocateBy(allocateShared); // the process would hold the model twice otherwise, and a third time where it takes the place of another
  const model = await loadModel(path);
  const encoder = await createSentenceEncoder(model);
  const degenerate = degenerateVectors(model);
  const warnings = [
    ...(model.contents.warnings ?? []),
    ...encoder.warnings,
    ...(degenerate ? [degenerate.message] : []),
  ];
  return { shared: shareModel(model, encoder.settings), warnings };
}

/** Each task by itself: one that cannot be done takes no other along. */
function encode(key: number, tasks: readonly EncodeTask[]): TaskResult[] {
  const encoder = encoderOf(key);
  return tasks.map(({ texts, form, first }) => {
    try {
      return writeVectors(encoder, texts, form as VectorForm, first);
    } catch (error) {
      const { name, message } = error as Error;
      return { error: { name, message } };
    }
  });
}

const port = parentPort!;
serveCalls(
  {
    post: (message, transfer) => port.postMessage(message, transfer),
    onMessage: (listener) => port.on('message', listener),
  },
  async (call, args) => {
    switch (call) {
      case 'load':
        return { value: await load(args[0] as string) };
      case 'open':
        encoders.set(args[0] as number, await createSentenceEncoder(openSharedModel(args[1] as SharedModel)));
        return { value: undefined };
      case 'forget':
        encoders.delete(args[0] as number);
        collectGarbage();
        return { value: undefined };
      case 'encode': {
        const value = encode(args[0] as number, args[1] as EncodeTask[]);
        return { value, transfer: value.flatMap((result) => ('json' in result ? [result.json.buffer] : [])) };
      }
      case 'ask':
        return { value: answerWords(encoderOf(args[0] as number), args[1] as WordQuestion) };
      default:
        throw new Error(`the thread knows no call "${call}"`);
    }
  },
);
port.postMessage({ id: STARTED });
