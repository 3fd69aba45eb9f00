import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { TrainingPlan } from '../training/trainer.ts';
import { MERGE_RULES, type MergeRule, MOST_PACKED } from './row-exchange.ts';

/** How the ranks keep their vectors alike while they train. */
export interface ExchangeOptions {
  /** `adaptive` if omitted. */
  readonly mergeRule?: MergeRule | undefined;
  /** Tokens that all ranks together train between two exchanges; 200,000 if omitted. */
  readonly exchangeTokens?: number | undefined;
  /**
   * Rows of each matrix that are exchanged each time, those of the most frequent words; if omitted 512, with 4 to 7 ranks 1024, and 2048 for CBOW and
   * hierarchical softmax, which move rare rows more.
   */
  readonly exchangeRows?: number | undefined;
  /** Called after each exchange, with the bytes that this rank has sent to each other, and how long that took. */
  readonly onExchange?:
    | ((exchange: { readonly byteLength: number; readonly milliseconds: number }) => void)
    | undefined;
}

/** @throws RangeError that names the option, what it must be and what was given */
export function resolveExchangeOptions(given: ExchangeOptions): ResolvedExchange {
  const { mergeRule = 'adaptive', exchangeTokens = 200_000, exchangeRows, onExchange } = given;
  if (!MERGE_RULES.includes(mergeRule)) {
    throw new RangeError(`"mergeRule" must be one of ${MERGE_RULES.join(', ')}, got ${JSON.stringify(mergeRule)}`);
  }
  for (const [name, value] of Object.entries({ exchangeTokens, exchangeRows })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`"${name}" must be an integer from 1, got ${value}`);
    }
  }
  return { mergeRule, exchangeTokens, exchangeRows, onExchange };
}

/** With what was omitted. */
export interface ResolvedExchange extends ExchangeOptions {
  readonly mergeRule: MergeRule;
  readonly exchangeTokens: number;
}

/** Rows that are exchanged each time where none are given, and so many ranks train (docs/cluster.md). */
export function defaultRows({ options: { algorithm, loss } }: TrainingPlan, ranks: number): number {
  if (algorithm === 'cbow' || LOSS_TRAITS[loss].usesTree) return 2048;
  return ranks >= 4 && ranks <= MOST_PACKED ? 1024 : 512;
}
