import { type Course, faultOfCourse } from './course.ts';
import type { Rows } from './trained-rows.ts';

/** Plain numbers, for JSON. */
export interface TrainingPosition {
  /** Blocks of all epochs that are done. */
  readonly nextBlock: number;
  /** Blocks of an epoch. */
  readonly blocks: number;
  /** Of the text, whose blocks take turns in the epoch that has begun, whatever threads go on with it: see `blockAt`. */
  readonly spans: number;
  /** By how much setbacks have lowered the learning rate. */
  readonly rateFactor: number;
  /** Where the learning rate falls otherwise than from `learningRate` to the end of the last epoch. */
  readonly course?: Course | undefined;
  /** Whether the training has gone back to its best epoch, to end after it. */
  readonly stopsEarly?: boolean | undefined;
  /** See `Trainer.tallies`. */
  readonly tallies: readonly number[];
  readonly heldOutLosses: readonly number[];
  readonly heldOutContrasts: readonly number[];
  /** After each epoch, see `stretchContrasts`. */
  readonly contrastStretches: readonly (readonly number[])[];
}

/** All that a training needs to go on, between two blocks. */
export interface TrainingState extends Rows {
  readonly position: TrainingPosition;
}

/** Keeps states: the latest, and with early stopping that of the best epoch. */
export interface StateStore {
  /** Several machines keep their states here, one of them for all: whether the latest is kept, it knows alone, and all ask it at once. */
  readonly isShared?: boolean | undefined;
  /** The vectors are those in training: to be written or copied before it resolves. */
  save(name: 'latest' | 'best', state: TrainingState): Promise<void>;
  load(name: 'latest' | 'best'): Promise<TrainingState | undefined>;
}

/** States in memory: only the best is asked for. */
export function memoryStates(): StateStore {
  const states = new Map<string, TrainingState>();
  return {
    async save(name, state) {
      const { inputVectors, outputVectors, position } = state;
      states.set(name, { inputVectors: inputVectors.slice(), outputVectors: outputVectors.slice(), position });
    },
    load: async (name) => states.get(name),
  };
}

/** What is wrong with a position of a training of `blocks` blocks an epoch, in words; undefined if nothing is. */
export function faultOf(position: TrainingPosition, blocks: number, epochs: number): string | undefined {
  const { nextBlock, spans, rateFactor, course, tallies, heldOutLosses, heldOutContrasts, contrastStretches } =
    position;
  const areNumbers = (values: unknown) =>
    Array.isArray(values) && values.every((value) => typeof value === 'number' && Number.isFinite(value));
  if (position.blocks !== blocks) return `it has ${position.blocks} blocks an epoch, this training has ${blocks}`;
  if (!Number.isInteger(nextBlock) || nextBlock < 0 || nextBlock > blocks * epochs) {
    return `its next block is ${nextBlock} of ${blocks * epochs}`;
  }
  if (!Number.isInteger(spans) || spans < 1) return `its blocks are of ${spans} spans of the text`;
  if (!(rateFactor > 0 && rateFactor <= 1)) return `its factor of the learning rate is ${rateFactor}`;
  const faultyCourse = course && faultOfCourse(course, blocks * epochs);
  if (faultyCourse) return faultyCourse;
  if (!areNumbers(tallies) || tallies.length === 0 || tallies.length % (2 * epochs) !== 0) {
    return 'its sums of losses are damaged';
  }
  if (!areNumbers(heldOutLosses) || heldOutLosses.length > epochs) return 'its held-out losses are damaged';
  const stretches: unknown = contrastStretches;
  const areWhole = areNumbers(heldOutContrasts) && heldOutContrasts.length <= heldOutLosses.length;
  if (!areWhole || !Array.isArray(stretches) || stretches.length !== heldOutContrasts.length) {
    return 'its held-out contrasts are damaged';
  }
  if (!stretches.every(areNumbers)) return 'its held-out contrasts by stretch are damaged';
  return undefined;
}
