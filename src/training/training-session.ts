import { spansFor } from './block-order.ts';
import { bendCourse, type Course, learningRateAt, timerFor, unboundedLoss, untilNextPlan } from './course.ts';
import { HeldOutHistory } from './held-out-history.ts';
import { KeptStates } from './kept-states.ts';
import { epochsToEnd } from './over-training.ts';
import { setTallies, tallyOf } from './tallies.ts';
import type { TrainControls } from './train-controls.ts';
import { areFinite, type Rows } from './trained-rows.ts';
import type { CreateTrainer, Trainer, TrainingPlan } from './trainer.ts';
import type { TrainingEvent, TrainingReport } from './training-events.ts';
import { faultOf, memoryStates, type TrainingState } from './training-state.ts';
import { areWatchedRowsFinite } from './watched-rows.ts';

const PROGRESS_MILLISECONDS = 200;
/** So often it is looked whether a leg has begun, when a checkpoint is due. */
const BEGIN_MILLISECONDS = 10;
/** A mean loss so many times that of a model that knows nothing is divergence. */
const DIVERGENCE = 10;
/** The first plan is made when so much has been trained, or a tenth of the time. */
const LONGEST_START_MILLISECONDS = 2000;
const MAXIMUM_SETBACKS = 10;

/**
 * A training between its first block and its last: where it stands, what it has lost, and when it is saved, set back or
 * ended. Between two legs the trainer rests: then the state is whole, and can be looked at, saved and set back.
 */
export class TrainingSession {
  readonly #plan: TrainingPlan;
  readonly #trainer: Trainer;
  readonly #controls: TrainControls;
  readonly #states: KeptStates;
  /** Moved on by the time that the training was held. */
  #startTime = performance.now();
  /** Of the next checkpoint. Runs on from epoch to epoch: an epoch may be shorter than the time between two. */
  #saveTime: number;
  /** See `TrainControls.endTime`. */
  #endTime: number | undefined;
  #nextBlock = 0;
  /** In this run, those of states that were set back, too. */
  #blocksTrained = 0;
  /** The last leg's: the first block of the next epoch, or the end of the course. */
  #endOfLeg = 0;
  #course: Course;
  #spans = 1; // see `TrainingPosition`
  #rateFactor = 1;
  #setbacks = 0;
  #heldOut = new HeldOutHistory();
  /** Over-training is told once. */
  #hasWarned = false;
  /** The training went back to its best epoch, and lets the rate fall from there. */
  #stopsEarly = false;
  /** Whether it was told how far the time goes. */
  #hasPlanned = false;
  #endedBy: TrainingReport['endedBy'] = 'end';
  /** As the last leg ended: then all rows were looked at. */
  #isAborted = false;
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
    this.#course = this.#wholeCourse;
    const store = controls.checkpoints?.store ?? memoryStates();
    this.#states = new KeptStates(store, (event) => this.#tell(event));
    this.#endTime = controls.endTime;
    this.#saveTime = this.#startTime + (controls.checkpoints?.everyMilliseconds ?? Infinity);
    this.#progressTimer = setInterval(() => this.#look(), PROGRESS_MILLISECONDS);
    controls.signal?.addEventListener('abort', this.#stop);
    this.#listenNoLonger = controls.pause?.onPause(this.#stop);
  }

  async #begin(): Promise<void> {
    const { resume, onVectors } = this.#controls;
    if (this.#plan.start) this.#tell({ type: 'start', ...this.#trainer.started });
    const kept = resume ? await this.#states.resume(this.#plan.options.earlyStop) : undefined;
    if (kept) {
      await this.#resume(kept);
      this.#tell({ type: 'resumed', share: this.share });
    }
    onVectors?.(this.#trainer);
  }

  /** Share of the whole training that is done. */
  get share(): number {
    return this.#nextBlock / Math.max(1, this.#course.endBlock);
  }

  get isAtEnd(): boolean {
    return this.#endedBy !== 'end' || this.#nextBlock >= this.#course.endBlock;
  }

  /** Whether the last leg has trained all blocks up to the end of its epoch, or of the course. */
  get isAtEndOfEpoch(): boolean {
    return this.#nextBlock === this.#endOfLeg;
  }

  /** Through all epochs, as the options have it. */
  get #wholeCourse(): Course {
    const { learningRate, epochs } = this.#plan.options;
    return { learningRate, endBlock: this.#trainer.blocks * epochs };
  }

  get #learningRate(): number {
    return this.#course.learningRate * this.#rateFactor;
  }

  /** Lets the rate fall from where it is now to its end at `endBlock`. */
  #bendCourse(endBlock: number): void {
    const now = { learningRate: this.#learningRate, endBlock: this.#course.endBlock };
    const bent = bendCourse(now, this.#plan.options.endLearningRate, this.#nextBlock, endBlock);
    this.#course = { ...bent, learningRate: bent.learningRate / this.#rateFactor };
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
    if (this.#endTime !== undefined) this.#endTime += held;
    this.#tell({ type: 'continued', share: this.share });
  }

  /** Trains until the epoch ends, a checkpoint is due, the caller aborts, or the loss has no bounds. */
  async runLeg(): Promise<void> {
    const { checkpoints, signal } = this.#controls;
    const endTime = this.#endTime;
    const { blocks } = this.#trainer;
    const firstBlock = this.#nextBlock;
    if (firstBlock % blocks === 0) this.#spans = spansFor(this.#plan.options, this.#trainer.threads);
    this.#endOfLeg = Math.min(this.#course.endBlock, (Math.floor(firstBlock / blocks) + 1) * blocks);
    if (signal?.aborted) this.#stop();
    let pauseTimer: ReturnType<typeof setTimeout> | undefined;
    // A leg trains at least one block, however long its threads take to begin.
    const pause = () => {
      if (this.#trainer.blocksDone() > firstBlock) this.#stop();
      else pauseTimer = setTimeout(pause, BEGIN_MILLISECONDS);
    };
    const now = performance.now();
    const planned = endTime === undefined ? [] : [untilNextPlan(endTime - now)];
    const pauses = [...planned, ...(checkpoints ? [this.#saveTime - now] : [])];
    if (pauses.length > 0) pauseTimer = setTimeout(pause, timerFor(Math.min(...pauses)));
    try {
      this.#nextBlock = await this.#trainer.train({
        firstBlock,
        endBlock: this.#endOfLeg,
        learningRate: this.#learningRate,
        courseEnd: this.#course.endBlock,
        spans: this.#spans,
      });
    } finally {
      clearTimeout(pauseTimer);
    }
    this.#blocksTrained += this.#nextBlock - firstBlock;
    this.#isAborted = signal?.aborted ?? false;
    if (this.#failure) throw this.#failure.error;
  }

  /** Where time is limited: lets the course end when the time does, by the speed of the training so far. */
  keepTime(): void {
    const endTime = this.#endTime;
    if (endTime === undefined || this.isAtEnd) return;
    const now = performance.now();
    // Threads that begin are slow: a course planned by them would fall too soon.
    const enough = Math.min(LONGEST_START_MILLISECONDS, (endTime - this.#startTime) / 10);
    if (now - this.#startTime < enough) return;
    const blocksLeft = Math.max(0, Math.floor((this.#blocksTrained / (now - this.#startTime)) * (endTime - now)));
    const most = this.#stopsEarly ? this.#course.endBlock : this.#wholeCourse.endBlock;
    const endBlock = Math.min(most, this.#nextBlock + blocksLeft);
    if (endBlock !== this.#course.endBlock) this.#bendCourse(endBlock);
    if (this.#hasPlanned) return;
    this.#hasPlanned = true;
    const { blocks } = this.#trainer;
    const wordsPerSecond = this.#wordsPerSecond;
    this.#tell({ type: 'time', epochs: endBlock / blocks, ofEpochs: this.#plan.options.epochs, wordsPerSecond });
  }

  /** In this run. */
  get #wordsPerSecond(): number {
    return (this.#blocksTrained / this.#trainer.blocks) * (this.#plan.corpus.tokenCount / this.#seconds);
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
    const epoch = Math.max(0, Math.ceil(this.#endOfLeg / this.#trainer.blocks) - 1);
    if (!this.#plan.options.deterministic && this.#lossIsUnbounded(epoch)) this.#trainer.stop();
  }

  #report(): void {
    const { endLearningRate } = this.#plan.options;
    const { blocks } = this.#trainer;
    const { endBlock } = this.#course;
    const block = Math.min(endBlock, Math.max(this.#nextBlock, this.#trainer.blocksDone()));
    const epochs = Math.ceil(endBlock / blocks);
    const epoch = Math.min(epochs - 1, Math.floor(block / blocks));
    const { pairs, loss } = this.#tally(epoch);
    const seconds = this.#seconds;
    const trained = this.#blocksTrained + Math.max(0, block - this.#nextBlock);
    this.#tell({
      type: 'progress',
      share: block / Math.max(1, endBlock),
      epoch: epoch + 1,
      epochs,
      wordsPerSecond: (trained / blocks) * (this.#plan.corpus.tokenCount / seconds),
      secondsLeft: trained > 0 ? (seconds / trained) * (endBlock - block) : Infinity,
      learningRate: learningRateAt({ learningRate: this.#learningRate, endBlock }, endLearningRate, block),
      loss: loss / pairs,
    });
  }

  /** After a leg: whether the training has diverged. */
  async hasDiverged(): Promise<boolean> {
    if (this.#plan.options.deterministic && !this.isAtEndOfEpoch) return false;
    const epoch = Math.ceil(this.#endOfLeg / this.#trainer.blocks) - 1;
    if (this.#lossIsUnbounded(epoch)) return true;
    // With a limited time any leg may turn out to be the last.
    if (this.isAtEnd || this.#isAborted || this.#endTime !== undefined) return !areFinite(await this.#trainer.rows());
    return !(await areWatchedRowsFinite(this.#trainer, this.#plan.vocabulary.words.length));
  }

  #lossIsUnbounded(epoch: number): boolean {
    const { pairs, loss } = this.#tally(epoch);
    return pairs > 0 && !(loss / pairs < DIVERGENCE * this.#trainer.meanLossOfIgnorance);
  }

  /** Goes back to the last good state, at half the learning rate. */
  async setBack(): Promise<void> {
    if (++this.#setbacks > MAXIMUM_SETBACKS) {
      throw unboundedLoss(this.#learningRate, this.#plan.options);
    }
    const { share } = this;
    const rateFactor = this.#rateFactor / 2;
    const good = this.#plan.options.deterministic ? undefined : await this.#states.load('latest');
    if (good) await this.#restore(good);
    else {
      await this.#trainer.resetRows();
      this.#trainer.tallies.fill(0);
      this.#nextBlock = 0;
      this.#course = this.#wholeCourse;
      this.#heldOut = new HeldOutHistory();
    }
    this.#rateFactor = rateFactor;
    this.#tell({ type: 'setback', share, learningRate: this.#plan.options.learningRate * rateFactor });
  }

  /** Looks at the held-out text; with early stopping the training may go back here, and end soon. */
  async endEpoch(): Promise<void> {
    const { earlyStop } = this.#plan.options;
    const { blocks } = this.#trainer;
    const epochs = Math.ceil(this.#course.endBlock / blocks);
    const epoch = Math.ceil(this.#nextBlock / blocks);
    const { pairs, loss } = this.#tally(epoch - 1);
    const { losses, contrasts } = await this.#trainer.evaluateHeldOut();
    const { loss: heldOutLoss, contrast: heldOutContrast } = this.#heldOut.add(losses, contrasts);
    this.#tell({ type: 'epoch', epoch, epochs, loss: loss / pairs, heldOutLoss, heldOutContrast });
    if (heldOutContrast === undefined || !this.#heldOut.best || this.#stopsEarly) return;
    const { epoch: bestEpoch, contrast: bestHeldOutContrast } = this.#heldOut.best;
    if (earlyStop && bestEpoch === epoch) await this.#states.save('best', await this.#stateNow());
    const found = this.#hasWarned ? undefined : this.#heldOut.overTraining(epochs, this.#controls.seesGains ?? false);
    if (!found) return;
    this.#hasWarned = true;
    const kept = earlyStop ? await this.#states.load('best') : undefined;
    const best = kept?.position.heldOutContrasts.length === bestEpoch ? kept : undefined;
    const endEpoch = best && Math.min(epochs, bestEpoch + epochsToEnd(bestEpoch, epochs - epoch));
    const seen = { heldOutContrast, bestEpoch, bestHeldOutContrast };
    this.#tell({ type: 'over-training', epoch, ...seen, ...found, endEpoch });
    const message = `The vectors of the best epoch, ${bestEpoch}, were not kept: the training cannot go back there`;
    if (earlyStop && !best) this.#tell({ type: 'warning', code: 'checkpoint', message });
    if (!best || !endEpoch) return;
    await this.#restore(best);
    this.#stopsEarly = true;
    this.#bendCourse(Math.min(this.#course.endBlock, endEpoch * blocks));
  }

  /** Saves a checkpoint where one is due; ends the training where the caller has aborted it. */
  async saveIfDue(): Promise<void> {
    const { checkpoints, signal } = this.#controls;
    if (this.isAtEnd) return;
    const pausedToSave = !this.isAtEndOfEpoch && this.#endTime === undefined;
    const due = signal?.aborted || pausedToSave || performance.now() >= this.#saveTime;
    if (checkpoints && due) {
      if (await this.#states.save('latest', await this.#stateNow()))
        this.#tell({ type: 'checkpoint', share: this.share });
      this.#saveTime = performance.now() + checkpoints.everyMilliseconds;
    }
    if (signal?.aborted && (this.#isAborted || areFinite(await this.#trainer.rows()))) this.#endedBy = 'abort';
  }

  async #stateNow(): Promise<TrainingState> {
    const position = {
      nextBlock: this.#nextBlock,
      blocks: this.#trainer.blocks,
      spans: this.#spans,
      rateFactor: this.#rateFactor,
      course: this.#course,
      stopsEarly: this.#stopsEarly,
      tallies: Array.from(this.#trainer.tallies),
      ...this.#heldOut.kept,
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
    // The run before may have had less time than this one: without a limit all epochs are trained.
    const { endBlock } = this.#wholeCourse;
    const wasShorter = !this.#stopsEarly && this.#course.endBlock < endBlock;
    if (this.#endTime === undefined && wasShorter) this.#bendCourse(endBlock);
  }

  async #restore({ inputVectors, outputVectors, position }: TrainingState): Promise<void> {
    await this.#trainer.setRows({ inputVectors, outputVectors });
    this.#nextBlock = position.nextBlock;
    this.#spans = position.spans;
    this.#rateFactor = position.rateFactor;
    this.#course = position.course ?? this.#wholeCourse;
    this.#stopsEarly = position.stopsEarly ?? false;
    this.#heldOut = new HeldOutHistory(position);
    setTallies(this.#trainer.tallies, position.tallies, this.#plan.options.epochs);
  }

  /** The rows for good, and what happened. */
  async finish(): Promise<{ rows: Rows; report: TrainingReport }> {
    this.#states.tellFailures();
    const { epochs } = this.#plan.options;
    const trained = Array.from({ length: epochs }, (_, epoch) => this.#tally(epoch)).filter(({ pairs }) => pairs > 0);
    const { heldOutLosses, heldOutContrasts } = this.#heldOut.kept;
    const report: TrainingReport = {
      epochLosses: trained.map(({ pairs, loss }) => loss / pairs),
      epochPairs: trained.map(({ pairs }) => pairs),
      heldOutLosses,
      heldOutContrasts,
      heldOutPairs: this.#heldOut.pairs,
      endedBy: this.#endedBy === 'end' && this.#stopsEarly ? 'early-stop' : this.#endedBy,
      learningRate: this.#plan.options.learningRate * this.#rateFactor,
      share: this.share,
      epochs: this.#nextBlock / this.#trainer.blocks,
      seconds: this.#seconds,
      wordsPerSecond: this.#wordsPerSecond,
      threads: this.#trainer.threads,
    };
    return { rows: await this.#trainer.finish(), report };
  }

  /** Examples of an epoch and the sum of their losses. */
  #tally(epoch: number): { pairs: number; loss: number } {
    return tallyOf(this.#trainer.tallies, epoch, this.#plan.options.epochs);
  }

  get #seconds(): number {
    return (performance.now() - this.#startTime) / 1000;
  }

  #tell(event: TrainingEvent): void {
    this.#controls.onEvent?.(event);
  }
}
