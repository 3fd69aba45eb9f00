import { LOSS_TRAITS } from '../training/loss-traits.ts';
import type { TrainingOptions } from '../training/training-options.ts';

/**
 * So many ranks and more raise the rate by a factor, up to what is stable where exchanges come late: of what they learn in one direction the
 * exchange keeps only a part (docs/cluster.md).
 */
const RAISED_RATE = { fromRanks: 3, factor: 1.28, most: 0.032 };

/** The learning rate at which so many ranks train where `rate` is asked for. Skip-gram with negative sampling was measured, so others keep theirs. */
export function rateOnRanks(rate: number, ranks: number, { algorithm, loss, subwords }: TrainingOptions): number {
  const isMeasured = algorithm === 'skip-gram' && LOSS_TRAITS[loss].usesNegatives && !subwords;
  if (ranks < RAISED_RATE.fromRanks || !isMeasured) return rate;
  return Math.max(rate, Math.min(RAISED_RATE.factor * rate, RAISED_RATE.most));
}
