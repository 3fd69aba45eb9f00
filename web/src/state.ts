// The page's state: plain values in one place. Actions change it, views draw it.
import { useEffect, useState } from 'preact/hooks';
import type {
  ModelSummary,
  Neighbour,
  TextSummary,
  TokenizerChoice,
  TrainingSettings,
  VocabularyView,
} from './engine/api.ts';
import type { TrainEvent, Warning } from './engine/wordkin.ts';
import type { Language } from './language/texts.ts';

/** What a training chose by its text. */
export type Adapted = Extract<TrainEvent, { type: 'adapted' }>;

export const STEPS = [
  'words',
  'vectors',
  'windows',
  'softmax',
  'gradient',
  'instead',
  'train',
  'ask',
  'sentences',
  'search',
  'take',
] as const;
export type StepName = (typeof STEPS)[number];
export type Place = StepName | 'playground';
export type Theme = 'auto' | 'light' | 'dark';
export type SampleName = 'toy' | 'english' | 'chinese';

/** What went wrong, as a fault of the page or in the words of wordkin. */
export interface Trouble {
  readonly fault?: string | undefined;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly message: string;
}

export interface TrainingState {
  readonly status: 'idle' | 'preparing' | 'running' | 'paused' | 'ended';
  readonly share: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly wordsPerSecond: number;
  readonly secondsLeft: number;
  readonly learningRate: number;
  readonly threads: number;
  /** Share of the training and the loss there. */
  readonly losses: readonly (readonly [share: number, loss: number])[];
  readonly heldOutLosses: readonly (readonly [share: number, loss: number])[];
  /** What was chosen by the text, by how many tokens. */
  readonly adapted: Adapted | undefined;
  readonly warnings: readonly Warning[];
  readonly overTraining: { readonly epoch: number; readonly bestEpoch: number } | undefined;
}

export interface MapState {
  readonly words: readonly string[];
  readonly positions: Float32Array;
}

export interface State {
  readonly language: Language;
  readonly theme: Theme;
  readonly place: Place;
  readonly isIsolated: boolean;
  readonly text: TextSummary | undefined;
  readonly sample: SampleName | undefined;
  readonly isOpening: boolean;
  readonly line: number;
  readonly tokenizer: TokenizerChoice;
  /** Absent: both as a training would choose them for the text. */
  readonly minCount: number | undefined;
  readonly subsample: number | undefined;
  readonly vocabulary: VocabularyView | undefined;
  readonly isCounting: boolean;
  readonly settings: TrainingSettings;
  readonly training: TrainingState;
  readonly map: MapState | undefined;
  readonly pinned: readonly string[];
  readonly neighbours: readonly { readonly word: string; readonly neighbours: readonly Neighbour[] }[];
  readonly model: ModelSummary | undefined;
  /** The settings that the model was trained with, if that was in this page. */
  readonly modelSettings: TrainingSettings | undefined;
  /** Whether the browser has kept the model; undefined until it has told. */
  readonly isKept: boolean | undefined;
  readonly trouble: Trouble | undefined;
}

export const IDLE_TRAINING: TrainingState = {
  status: 'idle',
  share: 0,
  epoch: 0,
  epochs: 0,
  wordsPerSecond: 0,
  secondsLeft: Number.POSITIVE_INFINITY,
  learningRate: 0,
  threads: 1,
  losses: [],
  heldOutLosses: [],
  adapted: undefined,
  warnings: [],
  overTraining: undefined,
};

export const DEFAULT_SETTINGS: TrainingSettings = {
  tokenizer: 'auto',
  dimensions: 100,
  algorithm: 'skip-gram',
  loss: 'negative-sampling',
  window: undefined,
  negative: undefined,
  epochs: undefined,
  minCount: undefined,
  learningRate: undefined,
  subsample: undefined,
  seed: 1,
  deterministic: true,
  threads: undefined,
};

let state: State = {
  language: 'en',
  theme: 'auto',
  place: 'words',
  isIsolated: globalThis.crossOriginIsolated === true,
  text: undefined,
  sample: undefined,
  isOpening: false,
  line: 0,
  tokenizer: 'auto',
  minCount: undefined,
  subsample: undefined,
  vocabulary: undefined,
  isCounting: false,
  settings: DEFAULT_SETTINGS,
  training: IDLE_TRAINING,
  map: undefined,
  pinned: [],
  neighbours: [],
  model: undefined,
  modelSettings: undefined,
  isKept: undefined,
  trouble: undefined,
};
const listeners = new Set<() => void>();

export function getState(): State {
  return state;
}

export function setState(change: Partial<State>): void {
  state = { ...state, ...change };
  for (const listener of [...listeners]) listener();
}

export function setTraining(change: Partial<TrainingState>): void {
  setState({ training: { ...state.training, ...change } });
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A part of the state; the component is drawn again when it has changed. */
export function useStore<Part>(select: (state: State) => Part): Part {
  const [, draw] = useState(0);
  const part = select(state);
  useEffect(() => {
    let drawn = part;
    const look = () => {
      const now = select(state);
      if (Object.is(now, drawn)) return;
      drawn = now;
      draw((count) => count + 1);
    };
    look();
    return subscribe(look);
  }, [part]);
  return part;
}
