import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { TrainingPlan } from '../training/trainer.ts';
import { MERGE_RULES, type MergeRule } from './row-exchange.ts';

/** How the ranks keep their vectors alike while they train. */
export interface ExchangeOptions {
  /** `adaptive` if omitted. */
  readonly mergeRule?: MergeRule | undefined;
  /** Tokens that all ranks together train between two exchanges; if omitted 200,000 with two ranks, 100,000 with more. */
  readonly exchangeTokens?: number | undefined;
  /**
   * Rows of each matrix that are exchanged each time, those of the most frequent words; if omitted 512, and 2048 for CBOW and hierarchical
   * softmax, which move rare rows more.
   */
  readonly exchangeRows?: number | undefined;
  /** Called after each exchange, with the bytes that this rank has given to be added up, and how long that took. */
  readonly onExchange?:
    | ((exchange: { readonly byteLength: number; readonly milliseconds: number }) => void)
    | undefined;
}

/** `ExchangeOptions` with what is used where none are given (docs/cluster.md). */
export interface ResolvedExchange extends ExchangeOptions {
  readonly mergeRule: MergeRule;
  /** Of output vectors. */
  readonly outputRule: MergeRule;
  readonly exchangeTokens: number;
  readonly exchangeRows: number;
}

/** @throws RangeError that names the option, what it must be and what was given */
export function checkExchangeOptions({ mergeRule, exchangeTokens, exchangeRows }: ExchangeOptions): void {
  if (mergeRule !== undefined && !MERGE_RULES.includes(mergeRule)) {
    throw new RangeError(`"mergeRule" must be one of ${MERGE_RULES.join(', ')}, got ${JSON.stringify(mergeRule)}`);
  }
  for (const [name, value] of Object.entries({ exchangeTokens, exchangeRows })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`"${name}" must be an integer from 1, got ${value}`);
    }
  }
}

/** @param ranks - how many train */
export function resolveExchangeOptions(
  given: ExchangeOptions,
  { options: { algorithm, loss } }: TrainingPlan,
  ranks: number,
): ResolvedExchange {
  const { usesTree } = LOSS_TRAITS[loss];
  const movesRareRows = algorithm === 'cbow' || usesTree;
  const {
    mergeRule = 'adaptive',
    exchangeTokens = ranks > 2 ? 100_000 : 200_000,
    exchangeRows = movesRareRows ? 2048 : 512,
    onExchange,
  } = given;
  // Each rank alone brings a node near the root to its place: every token goes through it.
  const outputRule = mergeRule === 'adaptive' && usesTree && ranks > 2 ? 'adasum' : mergeRule;
  return { mergeRule, outputRule, exchangeTokens, exchangeRows, onExchange };
}
