import { hasOverTrained, stretchLosses } from './over-training.ts';
import type { Rows } from './trained-rows.ts';
import type { CreateTrainer, LiveVectors, Trainer, TrainingPlan } from './trainer.ts';
import type { TrainingEvent, TrainingReport } from './training-events.ts';
import type { TrainingPause } from './training-pause.ts';
import { faultOf, memoryStates, type StateStore, type TrainingState } from './training-state.ts';

export interface TrainControls {
  /** Stops the training after the blocks in work; the vectors so far are the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainingEvent) => void) | undefined;
  /** Called once, before the first block: the vectors can be read and changed from then on. */
  readonly onVectors?: ((vectors: LiveVectors) => void) | undefined;
  /** Where checkpoints go, and how many milliseconds lie between them. */
  readonly checkpoints?: { readonly store: StateStore; readonly everyMilliseconds: number } | undefined;
  /** Goes on from the latest checkpoint, if there is one. */
  readonly resume?: boolean | undefined;
  /** Holds the training between two blocks. */
  readonly pause?: TrainingPause | undefined;
}

const PROGRESS_MILLISECONDS = 200;
/** So often it is looked whether a leg has begun, when a checkpoint is due. */
const BEGIN_MILLISECONDS = 10;
/** A mean loss so many times that of a model that knows nothing is divergence. */
const DIVERGENCE = 10;
const MAXIMUM_SETBACKS = 10;

/**
 * A training between its first block and its last: where it stands, what it has lost, and when it is saved, set back or
 * ended. Between two legs the trainer rests: then the state is whole, and can be looked at, saved and set back.
 */
export class TrainingSession {
  readonly #plan: TrainingPlan;
  readonly #trainer: Trainer;
  readonly #controls: TrainControls;
  readonly #states: StateStore;
  /** Moved on by the time that the training was held. */
  #startTime = performance.now();
  /** Of the next checkpoint. Runs on from epoch to epoch: an epoch may be shorter than the time between two. */
  #saveTime: number;
  /** The epoch whose state is kept as the best; 0 if none is. */
  #savedEpoch = 0;
  #firstBlock = 0;
  #nextBlock = 0;
  /** The last leg's: the first block of the next epoch. */
  #endOfLeg = 0;
  #rateFactor = 1;
  #setbacks = 0;
  #heldOutLosses: number[] = [];
  /** After each epoch, see `stretchLosses`. */
  #heldOutStretches: (readonly number[])[] = [];
  #heldOutPairs = 0;
  #endedBy: TrainingReport['endedBy'] = 'end';
  /** What a listener threw between two legs. */
  #failure: { readonly error: unknown } | undefined;
  readonly #stop = () => this.#trainer.stop();
  readonly #listenNoLonger: (() => void) | undefined;
  /** Epochs may be shorter than the time between two looks. */
  readonly #progressTimer: ReturnType<typeof setInterval>;

  /** Makes the trainer, and where asked goes to the latest checkpoint. */
  static async open(plan: TrainingPlan, createTrainer: CreateTrainer, controls: TrainControls) {
    const session = new TrainingSession(plan, await createTrainer(plan), controls);
    try {
      await session.#begin();
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  private constructor(plan: TrainingPlan, trainer: Trainer, controls: TrainControls) {
    this.#plan = plan;
    this.#trainer = trainer;
    this.#controls = controls;
    this.#states = controls.checkpoints?.store ?? memoryStates();
    this.#saveTime = this.#startTime + (controls.checkpoints?.everyMilliseconds ?? Number.POSITIVE_INFINITY);
    this.#progressTimer = setInterval(() => this.#look(), PROGRESS_MILLISECONDS);
    controls.signal?.addEventListener('abort', this.#stop);
    this.#listenNoLonger = controls.pause?.onPause(this.#stop);
  }

  async #begin(): Promise<void> {
    const { resume, onVectors } = this.#controls;
    if (this.#plan.start) this.#tell({ type: 'start', ...this.#trainer.started });
    const latest = resume ? await this.#states.load('latest') : undefined;
    if (latest) {
      await this.#resume(latest);
      this.#tell({ type: 'resumed', share: this.share });
    }
    onVectors?.(this.#trainer);
  }

  /** Share of the whole training that is done. */
  get share(): number {
    return this.#nextBlock / this.#blocks;
  }

  get isAtEnd(): boolean {
    return this.#endedBy !== 'end' || this.#nextBlock >= this.#blocks;
  }

  /** Whether the last leg has trained all blocks up to the end of its epoch. */
  get isAtEndOfEpoch(): boolean {
    return this.#nextBlock === this.#endOfLeg;
  }

  /** Of all epochs. */
  get #blocks(): number {
    return this.#trainer.blocks * this.#plan.options.epochs;
  }

  get #learningRate(): number {
    return this.#plan.options.learningRate * this.#rateFactor;
  }

  /** Waits while the training is held. */
  async waitWhilePaused(): Promise<void> {
    const { pause, signal } = this.#controls;
    if (!pause?.isPaused || this.isAtEnd) return;
    const begin = performance.now();
    this.#tell({ type: 'paused', share: this.share });
    await pause.ended(signal);
    const held = performance.now() - begin;
    this.#startTime += held;
    this.#saveTime += held;
    this.#tell({ type: 'continued', share: this.share });
  }

  /** Trains until the epoch ends, a checkpoint is due, the caller aborts, or the loss has no bounds. */
  async runLeg(): Promise<void> {
    const { checkpoints, signal } = this.#controls;
    const { blocks } = this.#trainer;
    const firstBlock = this.#nextBlock;
    this.#endOfLeg = (Math.floor(firstBlock / blocks) + 1) * blocks;
    if (signal?.aborted) this.#stop();
    let saveTimer: ReturnType<typeof setTimeout> | undefined;
    // A leg trains at least one block, however long its threads take to begin.
    const stopToSave = () => {
      if (this.#trainer.blocksDone() > firstBlock) this.#stop();
      else saveTimer = setTimeout(stopToSave, BEGIN_MILLISECONDS);
    };
    if (checkpoints) saveTimer = setTimeout(stopToSave, this.#saveTime - performance.now());
    try {
      this.#nextBlock = await this.#trainer.train({
        firstBlock,
        endBlock: this.#endOfLeg,
        learningRate: this.#learningRate,
      });
    } finally {
      clearTimeout(saveTimer);
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** Ends the timers; to be called however the training ends. */
  close(): void {
    clearInterval(this.#progressTimer);
    this.#controls.signal?.removeEventListener('abort', this.#stop);
    this.#listenNoLonger?.();
  }

  /** Tells of the progress; stops a leg that diverges. A listener that throws ends the training, not the process. */
  #look(): void {
    if (this.#controls.pause?.isPaused) return;
    try {
      this.#report();
    } catch (error) {
      this.#failure ??= { error };
      this.#stop();
    }
    // In deterministic training nothing may depend on when something is seen.
    const epoch = Math.max(0, this.#endOfLeg / this.#trainer.blocks - 1);
    if (!this.#plan.options.deterministic && this.#lossIsUnbounded(epoch)) this.#trainer.stop();
  }

  #report(): void {
    const { epochs, endLearningRate } = this.#plan.options;
    const done = Math.min(1, Math.max(this.#nextBlock, this.#trainer.blocksDone()) / this.#blocks);
    const seconds = this.#seconds;
    const epoch = Math.min(epochs - 1, Math.floor(done * epochs));
    const { pairs, loss } = this.#tally(epoch);
    const doneNow = done - this.#firstBlock / this.#blocks;
    this.#tell({
      type: 'progress',
      share: done,
      epoch: epoch + 1,
      epochs,
      wordsPerSecond: (doneNow * epochs * this.#plan.corpus.tokenCount) / seconds,
      secondsLeft: doneNow > 0 ? (seconds / doneNow) * (1 - done) : Number.POSITIVE_INFINITY,
      learningRate: this.#learningRate + (endLearningRate - this.#learningRate) * done,
      loss: loss / pairs,
    });
  }

  /** After a leg: whether the training has diverged. */
  async hasDiverged(): Promise<boolean> {
    if (this.#plan.options.deterministic && !this.isAtEndOfEpoch) return false;
    const epoch = this.#endOfLeg / this.#trainer.blocks - 1;
    return this.#lossIsUnbounded(epoch) || !areFinite(await this.#trainer.rows());
  }

  #lossIsUnbounded(epoch: number): boolean {
    const { pairs, loss } = this.#tally(epoch);
    return pairs > 0 && !(loss / pairs < DIVERGENCE * this.#trainer.meanLossOfIgnorance);
  }

  /** Goes back to the last good state, at half the learning rate. */
  async setBack(): Promise<void> {
    if (++this.#setbacks > MAXIMUM_SETBACKS) {
      throw new Error(
        `Cannot train: the loss has no bounds even at a learning rate of ${this.#learningRate}; give a lower learningRate`,
      );
    }
    const { share } = this;
    const rateFactor = this.#rateFactor / 2;
    const good = this.#plan.options.deterministic ? undefined : await this.#load('latest');
    if (good) await this.#restore(good);
    else {
      await this.#trainer.resetRows();
      this.#trainer.tallies.fill(0);
      this.#nextBlock = 0;
      this.#heldOutLosses = [];
      this.#heldOutStretches = [];
    }
    this.#rateFactor = rateFactor;
    this.#tell({ type: 'setback', share, learningRate: this.#learningRate });
  }

  /** Looks at the held-out loss; with early stopping the training may end here. */
  async endEpoch(): Promise<void> {
    const { epochs, earlyStop } = this.#plan.options;
    const epoch = this.#nextBlock / this.#trainer.blocks;
    const { pairs, loss } = this.#tally(epoch - 1);
    const losses = await this.#trainer.heldOutLosses();
    this.#heldOutPairs = losses.length;
    const heldOutLoss = losses.length > 0 ? losses.reduce((a, b) => a + b) / losses.length : undefined;
    this.#tell({ type: 'epoch', epoch, epochs, loss: loss / pairs, heldOutLoss });
    if (heldOutLoss === undefined) return;
    this.#heldOutLosses = [...this.#heldOutLosses, heldOutLoss];
    this.#heldOutStretches = [...this.#heldOutStretches, stretchLosses(losses)];
    const bestHeldOutLoss = Math.min(...this.#heldOutLosses);
    const bestEpoch = this.#heldOutLosses.indexOf(bestHeldOutLoss) + 1;
    if (earlyStop && bestEpoch === epoch && (await this.#save('best'))) this.#savedEpoch = epoch;
    if (!hasOverTrained(this.#heldOutStretches)) return;
    this.#tell({ type: 'over-training', epoch, heldOutLoss, bestEpoch, bestHeldOutLoss });
    const best = this.#savedEpoch === bestEpoch ? await this.#load('best') : undefined;
    if (!best) return;
    await this.#trainer.setRows(best);
    this.#endedBy = 'early-stop';
  }

  /** Saves a checkpoint where one is due; ends the training where the caller has aborted it. */
  async saveIfDue(): Promise<void> {
    const { checkpoints, signal } = this.#controls;
    if (this.isAtEnd) return;
    const due = signal?.aborted || !this.isAtEndOfEpoch || performance.now() >= this.#saveTime;
    if (checkpoints && due) {
      if (await this.#save('latest')) this.#tell({ type: 'checkpoint', share: this.share });
      this.#saveTime = performance.now() + checkpoints.everyMilliseconds;
    }
    if (signal?.aborted) this.#endedBy = 'abort';
  }

  /** Keeps the state of now. Where that fails the training goes on: it is worth more than its checkpoint. */
  async #save(name: 'latest' | 'best'): Promise<boolean> {
    try {
      await this.#states.save(name, await this.#stateNow());
      return true;
    } catch (error) {
      this.#warnOfCheckpoint(error);
      return false;
    }
  }

  /** What was kept before in this training; undefined where it can no longer be read. */
  async #load(name: 'latest' | 'best'): Promise<TrainingState | undefined> {
    try {
      return await this.#states.load(name);
    } catch (error) {
      this.#warnOfCheckpoint(error);
      return undefined;
    }
  }

  #warnOfCheckpoint(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#tell({
      type: 'warning',
      code: 'checkpoint',
      message: `The training goes on without this checkpoint: ${reason}`,
    });
  }

  async #stateNow(): Promise<TrainingState> {
    const position = {
      nextBlock: this.#nextBlock,
      blocks: this.#trainer.blocks,
      rateFactor: this.#rateFactor,
      tallies: Array.from(this.#trainer.tallies),
      heldOutLosses: this.#heldOutLosses,
      heldOutStretches: this.#heldOutStretches,
    };
    return { ...(await this.#trainer.rows()), position };
  }

  async #resume(state: TrainingState): Promise<void> {
    const fault = faultOf(state.position, this.#trainer.blocks, this.#plan.options.epochs);
    if (fault) {
      throw new RangeError(
        `Cannot resume: the checkpoint is damaged or of another training: ${fault}; remove it to begin anew`,
      );
    }
    await this.#restore(state);
    this.#firstBlock = this.#nextBlock;
  }

  async #restore({ inputVectors, outputVectors, position }: TrainingState): Promise<void> {
    const { tallies } = this.#trainer;
    await this.#trainer.setRows({ inputVectors, outputVectors });
    this.#nextBlock = position.nextBlock;
    this.#rateFactor = position.rateFactor;
    this.#heldOutLosses = [...position.heldOutLosses];
    this.#heldOutStretches = [...position.heldOutStretches];
    tallies.fill(0);
    // With another number of threads the sums of all go to the first.
    const ofOneWriter = 2 * this.#plan.options.epochs;
    position.tallies.forEach((value, i) => {
      tallies[position.tallies.length === tallies.length ? i : i % ofOneWriter] += value;
    });
  }

  /** The rows for good, and what happened. */
  async finish(): Promise<{ rows: Rows; report: TrainingReport }> {
    const { epochs } = this.#plan.options;
    const seconds = this.#seconds;
    const trained = Array.from({ length: epochs }, (_, epoch) => this.#tally(epoch)).filter(({ pairs }) => pairs > 0);
    const epochsDone = (this.#nextBlock - this.#firstBlock) / this.#trainer.blocks;
    const report: TrainingReport = {
      epochLosses: trained.map(({ pairs, loss }) => loss / pairs),
      epochPairs: trained.map(({ pairs }) => pairs),
      heldOutLosses: this.#heldOutLosses,
      heldOutPairs: this.#heldOutPairs,
      endedBy: this.#endedBy,
      learningRate: this.#learningRate,
      share: this.share,
      seconds,
      wordsPerSecond: (epochsDone * this.#plan.corpus.tokenCount) / seconds,
      threads: this.#trainer.threads,
    };
    return { rows: await this.#trainer.finish(), report };
  }

  /** Examples of an epoch and the sum of their losses. */
  #tally(epoch: number): { pairs: number; loss: number } {
    const { tallies } = this.#trainer;
    let pairs = 0;
    let loss = 0;
    for (let at = 2 * epoch; at < tallies.length; at += 2 * this.#plan.options.epochs) {
      pairs += tallies[at];
      loss += tallies[at + 1];
    }
    return { pairs, loss };
  }

  get #seconds(): number {
    return (performance.now() - this.#startTime) / 1000;
  }

  #tell(event: TrainingEvent): void {
    this.#controls.onEvent?.(event);
  }
}

/** Whether all values are numbers: a loss can be one while some vectors are none. */
function areFinite({ inputVectors, outputVectors }: Rows): boolean {
  let sum = 0;
  for (const matrix of [inputVectors, outputVectors]) for (let i = 0; i < matrix.length; i++) sum += 0 * matrix[i];
  return sum === 0;
}
