import type { EngineEvent, Neighbour, TrainingSettings } from './api.ts';
import { Projection } from './projection.ts';
import {
  type LiveVectors,
  startTraining,
  type TextSource,
  TrainingPause,
  type TrainingRun,
  type TrainOptions,
} from './wordkin.ts';

/** The map shows so many words, the most frequent ones. */
const MAP_WORDS = 20_000;
/** Between two frames of the map. */
const FRAME_MILLISECONDS = 100;
/** The drawing takes at most one part in so many of the engine's time, and the axes another. */
const FRAME_SHARE = 5;
const AXES_SHARE = 25;
const AXES_MILLISECONDS = 1000;
const NEIGHBOURS_MILLISECONDS = 800;
const NEIGHBOURS = 6;

/** What is trained with, as wordkin takes it. */
export function toOptions(settings: TrainingSettings): TrainOptions {
  const { tokenizer, ...rest } = settings;
  return { ...rest, tokenizer };
}

/** A training with its vectors looked at while it runs. */
export class LiveTraining {
  readonly run: TrainingRun;
  readonly #pause = new TrainingPause();
  readonly #emit: (event: EngineEvent, transfer?: ArrayBuffer[]) => void;
  #vectors: LiveVectors | undefined;
  #words: readonly string[] = [];
  #ids = new Uint32Array();
  #projection: Projection | undefined;
  #pinned: readonly string[];
  #share = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #axesTime = 0;
  #axesCost = 0;
  #neighboursTime = 0;
  /** The page has drawn the frame before; a slow page is not sent more than it draws. */
  #isDrawn = true;
  #hasEnded = false;

  constructor(
    source: TextSource,
    settings: TrainingSettings,
    pinned: readonly string[],
    emit: (event: EngineEvent, transfer?: ArrayBuffer[]) => void,
  ) {
    this.#emit = emit;
    this.#pinned = pinned;
    this.run = startTraining(
      { sources: [source] },
      {
        ...toOptions(settings),
        pause: this.#pause,
        onEvent: (event) => {
          if (event.type === 'progress' || event.type === 'epoch')
            this.#share = 'share' in event ? event.share : this.#share;
          emit({ type: 'training', event });
        },
        onVectors: (vectors, { words }) => this.#begin(vectors, words),
      },
    );
  }

  pause(): void {
    this.#pause.pause();
  }

  resume(): void {
    this.#pause.resume();
  }

  stop(): void {
    this.run.stop(new Error('The training was stopped before it had begun'));
    this.#pause.resume();
  }

  pin(words: readonly string[]): void {
    this.#pinned = words;
    this.#neighboursTime = 0;
  }

  frameDrawn(): void {
    this.#isDrawn = true;
  }

  /** No more frames. */
  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  /** The map of the vectors as they are in the end. */
  drawLast(inputVectors: Float32Array): void {
    if (!this.#projection) return;
    const rows = inputVectors.subarray(0, this.#words.length * this.#projection.dimensions);
    this.#projection.findAxes(rows);
    const positions = this.#projection.project(rows, true);
    this.#emit({ type: 'map', positions, share: 1 }, [positions.buffer as ArrayBuffer]);
  }

  #begin(vectors: LiveVectors, words: readonly string[]): void {
    this.#vectors = vectors;
    this.#words = words.slice(0, MAP_WORDS);
    this.#ids = Uint32Array.from(this.#words, (_, id) => id);
    this.#projection = new Projection(vectors.dimensions);
    this.#emit({ type: 'words', words: this.#words });
    this.#schedule(0);
  }

  #schedule(milliseconds: number): void {
    if (!this.#hasEnded) this.#timer = setTimeout(() => void this.#look(), milliseconds);
  }

  /** A frame of the map, and now and then the neighbours of the pinned words. */
  async #look(): Promise<void> {
    if (!this.#vectors || !this.#projection) return;
    const begin = performance.now();
    if (this.#isDrawn) {
      const rows = await this.#vectors.readRows('inputVectors', this.#ids);
      if (this.#hasEnded) return;
      if (!this.#projection.hasAxes || begin > this.#axesTime) {
        this.#projection.findAxes(rows);
        this.#axesCost = performance.now() - begin;
        this.#axesTime = performance.now() + Math.max(AXES_MILLISECONDS, AXES_SHARE * this.#axesCost);
      }
      const positions = this.#projection.project(rows);
      this.#isDrawn = false;
      this.#emit({ type: 'map', positions, share: this.#share }, [positions.buffer as ArrayBuffer]);
      if (begin > this.#neighboursTime && this.#pinned.length > 0) {
        const pinned = this.#pinned.map((word) => ({ word, neighbours: this.#neighboursOf(word, rows) }));
        this.#emit({ type: 'neighbours', pinned });
        this.#neighboursTime = performance.now() + NEIGHBOURS_MILLISECONDS;
      }
    }
    const cost = performance.now() - begin;
    this.#schedule(Math.max(FRAME_MILLISECONDS - cost, Math.min(FRAME_MILLISECONDS, FRAME_SHARE * cost)));
  }

  /** The nearest of the words on the map by cosine similarity. */
  #neighboursOf(word: string, rows: Float32Array): Neighbour[] {
    const n = this.#vectors!.dimensions;
    const id = this.#words.indexOf(word);
    if (id < 0) return [];
    const similarities = new Float32Array(this.#words.length);
    for (let other = 0; other < similarities.length; other++) {
      let [product, squares] = [0, 0];
      for (let d = 0; d < n; d++) {
        const value = rows[other * n + d];
        product += value * rows[id * n + d];
        squares += value * value;
      }
      similarities[other] = squares > 0 ? product / Math.sqrt(squares) : 0;
    }
    const norm = similarities[id] || 1;
    const best: Neighbour[] = [];
    similarities.forEach((similarity, other) => {
      if (other === id || (best.length === NEIGHBOURS && similarity / norm <= best[NEIGHBOURS - 1].similarity)) return;
      best.push({ word: this.#words[other], similarity: similarity / norm });
      best.sort((a, b) => b.similarity - a.similarity);
      if (best.length > NEIGHBOURS) best.pop();
    });
    return best;
  }
}
