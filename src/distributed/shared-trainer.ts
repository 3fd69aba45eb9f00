import { blocksHere, INTERLEAVED_SPANS } from '../training/block-order.ts';
import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { Rows } from '../training/trained-rows.ts';
import type { CreateTrainer, HeldOutValues, Leg, Trainer, TrainingPlan } from '../training/trainer.ts';
import { areWatchedRowsFinite } from '../training/watched-rows.ts';
import { sharedBuffer } from '../vocabulary/word-run.ts';
import { type Communicator, gatherValues } from './communicator.ts';
import {
  checkExchangeOptions,
  type ExchangeOptions,
  type ResolvedExchange,
  resolveExchangeOptions,
} from './exchange-options.ts';
import { type Exchanged, RowExchange } from './row-exchange.ts';
import { rowOrder } from './row-order.ts';
import { together, vote } from './together.ts';

/** Ranks hear of each other so often even where training is slow. */
const LONGEST_MILLISECONDS = 1000;
const LOOK_MILLISECONDS = 5;
/** Losses become known to all so often, with what ranks want. */
const SAY_MILLISECONDS = 500;
/** After an exchange goes so many times what this rank has worked for it, divided by the threads: training comes first. */
const REST = 1;

/** Ranks tell in such parts of an exchange how many are due, as whole numbers. */
const DUE_PARTS = 100;

/**
 * Trains on all ranks: each the blocks that lie with it, by its own trainer, and all the same rows, which they exchange while they train.
 * Blocks are numbered through the corpus of all, so a leg, its rates and its end are the same on every rank, and a checkpoint of one number
 * of ranks is one of any number. Each call is collective but for `stop`, `blocksDone` and the vectors' own.
 *
 * @param session - what it says must be the same on all ranks, but for `wantsAbort`
 */
export function sharedTrainer(
  communicator: Communicator,
  createTrainer: CreateTrainer,
  options: ExchangeOptions = {},
  session: SharedSession = { keepsStates: false, wantsAbort: () => false, agreeToAbort() {} },
): CreateTrainer {
  checkExchangeOptions(options);
  return async (plan) => {
    const resolved = resolveExchangeOptions(options, plan, communicator.size);
    // The order of a tree's leaves is agreed on meanwhile (`withSharedOccurrences`).
    const isCollective = LOSS_TRAITS[plan.options.loss].usesTree;
    const inner = await together(communicator, () => createTrainer(plan), undefined, !isCollective);
    const gathered = gatherValues(communicator, { host: communicator.host, threads: inner.threads });
    gathered.catch(() => {}); // told below, or there has failed more
    const base = startOf(await inner.rows(), plan);
    const { mergeRule, outputRule } = resolved;
    const exchange = new RowExchange(communicator, inner, base, rowOrder(plan), mergeRule, outputRule);
    const ranks = await gathered;
    const threads = threadsOf(ranks);
    const isCrowded = threadsOf(ranks.filter(({ host }) => host === communicator.host)) > communicator.hostProcessors;
    return new SharedTrainer(communicator, inner, exchange, { plan, threads, isCrowded, options: resolved, session });
  };
}

function threadsOf(ranks: readonly { readonly threads: number }[]): number {
  return ranks.reduce((sum, { threads }) => sum + threads, 0);
}

/** A copy of the rows before training. Zeros that nobody has written to take no time, and no memory. */
function startOf({ inputVectors, outputVectors }: Rows, { options, start }: TrainingPlan): Rows {
  const areZero = options.initialOutput === 'zeros' && !start;
  // Memory that may be shared does not make the garbage collector look for more.
  const zeros = ({ byteLength }: Float32Array) => new Float32Array(sharedBuffer(byteLength));
  const base = { inputVectors: zeros(inputVectors), outputVectors: zeros(outputVectors) };
  base.inputVectors.set(inputVectors);
  if (!areZero) base.outputVectors.set(outputVectors);
  return base;
}

/** What a trainer of several ranks knows of who trains with it. */
export interface SharedSession {
  /** Whether `rows` is called where only some ranks may find that a state is due, so that all rows must be alike before. */
  readonly keepsStates: boolean;
  /** Whether this rank wishes to end the training, which becomes known to all at the end of a leg, by `agreeToAbort`. */
  readonly wantsAbort: () => boolean;
  readonly agreeToAbort: () => void;
}

interface Settings {
  readonly plan: TrainingPlan;
  /** Of all ranks. */
  readonly threads: number;
  /** Whether more threads train on this machine than it has processors. */
  readonly isCrowded: boolean;
  readonly options: ResolvedExchange;
  readonly session: SharedSession;
}

/** The largest n where a multiple of 2ⁿ lies above `before` and not above `last`. */
export function largestPower(before: number, last: number): number {
  let power = 0;
  while (Math.floor(last / 2 ** (power + 1)) > Math.floor(before / 2 ** (power + 1))) power++;
  return power;
}

/** What all ranks say together. */
interface Said {
  /** Ranks that still train. */
  readonly goOn: number;
  readonly stops: boolean;
  readonly aborts: boolean;
}

class SharedTrainer implements Trainer {
  readonly blocks: number;
  readonly threads: number;
  readonly dimensions: number;
  readonly started: Trainer['started'];
  readonly meanLossOfIgnorance: number;
  /** Of all ranks, as of the last exchange; one writer. */
  readonly tallies: Float64Array;
  readonly #communicator: Communicator;
  readonly #inner: Trainer;
  readonly #exchange: RowExchange;
  readonly #settings: Settings;
  /** What of this rank's own tallies is in `tallies`. */
  readonly #told: Float64Array;
  #stopWanted = false;
  /** Exchanges that the tokens of all ranks were to bring so far: see `#shareNow`. */
  #exchangesDue = 0;
  /** Of these, since the last exchange. */
  #newlyDue = 1;
  /** When ranks last told each other of their losses. */
  #saidAt = 0;
  /** See `#tokensHere`. */
  #tokensAtExchange = 0;
  /** Of the leg that is trained. */
  #spans = INTERLEAVED_SPANS;
  /** Whether all ranks have the same rows, see `#makeAlike`. */
  #areAlike = true;

  constructor(communicator: Communicator, inner: Trainer, exchange: RowExchange, settings: Settings) {
    this.#communicator = communicator;
    this.#inner = inner;
    this.#exchange = exchange;
    this.#settings = settings;
    this.blocks = inner.blocks;
    this.threads = settings.threads;
    this.dimensions = inner.dimensions;
    this.started = inner.started;
    this.meanLossOfIgnorance = inner.meanLossOfIgnorance;
    this.tallies = new Float64Array(2 * settings.plan.options.epochs);
    this.#told = new Float64Array(this.tallies.length);
  }

  async train(leg: Leg): Promise<number> {
    const last = this.#communicator.size === 1 ? await this.#trainAlone(leg) : await this.#trainBesideOthers(leg);
    // What was told is the past: a loss that has no bounds must not stay in the sums after a setback.
    this.#inner.tallies.fill(0);
    this.#told.fill(0);
    this.#stopWanted = false;
    return last;
  }

  async #trainAlone(leg: Leg): Promise<number> {
    if (this.#wantsEnd()) this.#inner.stop();
    const last = await this.#inner.train(leg);
    if ((await this.#say(false)).aborts) this.#settings.session.agreeToAbort();
    return last;
  }

  async #trainBesideOthers(leg: Leg): Promise<number> {
    this.#spans = leg.spans ?? INTERLEAVED_SPANS;
    await vote(this.#communicator, true); // what a rank says that has failed since the last leg (`failTogether`)
    if ((await this.#say(true)).stops) this.#inner.stop(); // what was asked for before
    this.#areAlike = false;
    const reached = await this.#trainUntilAllEnd(leg);
    const last = await this.#catchUp(leg, reached);
    // At the end of an epoch nobody need know all rows: they are as old as the ruler lets them be, then as ever.
    if (this.#settings.session.keepsStates || last < leg.endBlock || !(await this.#watchedRowsAreFinite())) {
      await this.#makeAlike();
    }
    if ((await this.#say(false)).aborts) this.#settings.session.agreeToAbort();
    return last;
  }

  /** Gives all ranks the same rows, bit by bit: all of them are exchanged. */
  async #makeAlike(): Promise<void> {
    if (this.#areAlike) return;
    await this.#exchangeRows(1, [], false);
    await this.#inner.setRows(this.#exchange.base);
    this.#areAlike = true;
  }

  /** On no rank a vector that is no number among those by which a session finds a divergence: all must find it, or none. */
  async #watchedRowsAreFinite(): Promise<boolean> {
    const areFinite = await areWatchedRowsFinite(this.#inner, this.#settings.plan.vocabulary.words.length);
    const faults = Float64Array.of(areFinite ? 0 : 1);
    await this.#communicator.allreduce(faults);
    return faults[0] === 0;
  }

  /** Trains the blocks that lie here, and exchanges rows until no rank trains any more; gives the block that was reached. */
  async #trainUntilAllEnd(leg: Leg): Promise<number> {
    const inner = this.#inner;
    let reached: number | undefined;
    let failure: { readonly error: unknown } | undefined;
    const training = inner.train(leg).then(
      (block) => {
        reached = block;
      },
      (error) => {
        failure = { error };
      },
    );
    const trains = () => reached === undefined && failure === undefined;
    let restUntil = 0;
    this.#tokensAtExchange = this.#tokensHere();
    for (;;) {
      await this.#waitForExchange(trains, restUntil);
      const due = Math.round((DUE_PARTS * this.#tokensSinceExchange()) / this.#settings.options.exchangeTokens);
      this.#tokensAtExchange = this.#tokensHere();
      const wants = failure || this.#wantsEnd() || performance.now() - this.#saidAt > SAY_MILLISECONDS;
      try {
        const wishes = [trains() ? 1 : 0, wants ? 1 : 0, due];
        const { workMilliseconds, sums } = await this.#exchangeRows(this.#shareNow(), wishes);
        restUntil = performance.now() + (REST * workMilliseconds) / inner.threads;
        const [stillTrain, want, dueOfAll] = sums;
        this.#newlyDue = Math.max(1, Math.round(dueOfAll / DUE_PARTS));
        if (stillTrain > 0 && want === 0) continue;
        const { goOn, stops } = await this.#say(trains(), failure);
        if (goOn === 0) return reached!;
        if (stops && trains()) inner.stop();
      } catch (error) {
        if (trains()) inner.stop();
        await training;
        throw error;
      }
    }
  }

  #wantsEnd(): boolean {
    return this.#stopWanted || this.#settings.session.wantsAbort();
  }

  /** Until this rank has trained its part since the last one, has nothing left, or wants something. */
  async #waitForExchange(trains: () => boolean, restUntil: number): Promise<void> {
    const { options, threads } = this.#settings;
    const tokens = (options.exchangeTokens * this.#inner.threads) / threads;
    const time = performance.now();
    while (trains() && !this.#wantsEnd()) {
      const now = performance.now();
      if (now - time > LONGEST_MILLISECONDS) break;
      if (now >= restUntil && this.#tokensSinceExchange() >= tokens) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
  }

  #tokensSinceExchange(): number {
    return Math.max(0, this.#tokensHere() - this.#tokensAtExchange);
  }

  /** Tokens that this rank has trained, about. */
  #tokensHere(): number {
    const { corpus } = this.#settings.plan;
    const done = blocksHere(this.#inner.blocksDone(), this.blocks, this.#spans, corpus);
    return (done * corpus.length) / this.blocks;
  }

  /** On a crowded machine this rank's threads rest meanwhile: an exchange would wait for a processor at each of its steps. */
  async #exchangeRows(...request: Parameters<RowExchange['exchange']>): Promise<Exchanged> {
    const { options, isCrowded } = this.#settings;
    const time = performance.now();
    const release = isCrowded ? this.#inner.hold?.() : undefined;
    const exchanged = await this.#exchange.exchange(...request).finally(release);
    const { byteLength } = exchanged;
    options.onExchange?.({ byteLength, milliseconds: performance.now() - time });
    return exchanged;
  }

  /**
   * The ruler: each second exchange takes twice the rows of the first, each fourth four times, until it takes all. It goes by the tokens of
   * all ranks: an exchange that comes late takes the most rows of those that were due, so that rare rows do not wait longer where exchanges
   * are slow.
   */
  #shareNow(): number {
    const { plan, options } = this.#settings;
    if (LOSS_TRAITS[plan.options.loss].visitsAllWords) return 1;
    const before = this.#exchangesDue;
    this.#exchangesDue += this.#newlyDue;
    const level = largestPower(before, this.#exchangesDue);
    const rows = options.exchangeRows * 2 ** level;
    return Math.min(1, rows / plan.vocabulary.counts.length);
  }

  /** Where a leg was stopped, ranks are at different blocks: those behind train up to the first. */
  async #catchUp(leg: Leg, reached: number): Promise<number> {
    const ends = Float64Array.of(reached, -reached);
    await this.#communicator.allreduce(ends, 'max');
    const [last, first] = [ends[0], -ends[1]];
    if (first < last) {
      await together(this.#communicator, async () => {
        for (let block = reached; block < last; ) {
          block = await this.#inner.train({ ...leg, firstBlock: block, endBlock: last });
        }
      });
    }
    return last;
  }

  /**
   * Tells all ranks whether this one trains, what it wants, and its losses since it last did; gives what any of them wants.
   *
   * @throws where any has failed, see `vote`
   */
  async #say(trains: boolean, failure?: { readonly error: unknown }): Promise<Said> {
    const own = new Float64Array(this.#told.length);
    this.#inner.tallies.forEach((value, i) => {
      own[i % own.length] += value;
    });
    const aborts = this.#settings.session.wantsAbort();
    const losses = own.map((value, i) => value - this.#told[i]);
    const wishes = [this.#stopWanted || aborts ? 1 : 0, aborts ? 1 : 0];
    const { goOn, sums } = await vote(this.#communicator, trains, failure, [...wishes, ...losses]);
    this.#told.set(own);
    this.#saidAt = performance.now();
    for (let i = 0; i < own.length; i++) this.tallies[i] += sums[2 + i];
    return { goOn, stops: sums[0] > 0, aborts: sums[1] > 0 };
  }

  stop(): void {
    this.#stopWanted = true;
    if (this.#communicator.size === 1) this.#inner.stop();
  }

  blocksDone(): number {
    return this.#inner.blocksDone();
  }

  /** Each rank those of the text that lies with it. */
  async evaluateHeldOut(): Promise<HeldOutValues> {
    const { losses, contrasts } = await together(this.#communicator, () => this.#inner.evaluateHeldOut());
    return { losses: await this.#gather(losses), contrasts: await this.#gather(contrasts) };
  }

  async #gather(values: Float64Array): Promise<Float64Array> {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const all = await this.#communicator.allgatherv(bytes);
    return Float64Array.from(all.flatMap(({ buffer }) => [...new Float64Array(buffer)]));
  }

  readRows(...request: Parameters<Trainer['readRows']>): Promise<Float32Array> {
    return this.#inner.readRows(...request);
  }

  addToRows(...request: Parameters<Trainer['addToRows']>): Promise<void> {
    return this.#inner.addToRows(...request);
  }

  async rows(): Promise<Rows> {
    await this.#makeAlike();
    return this.#inner.rows();
  }

  async setRows(rows: Rows): Promise<void> {
    await this.#inner.setRows(rows);
    this.#exchange.restart(rows);
    this.#areAlike = true;
  }

  async resetRows(): Promise<void> {
    await this.#inner.resetRows();
    this.#exchange.restart(await this.#inner.rows());
    this.#areAlike = true;
  }

  async finish(): Promise<Rows> {
    await this.#makeAlike();
    return this.#inner.finish();
  }
}
