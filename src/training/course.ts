/** How the learning rate falls: along a straight line that begins with block 0, wherever the training itself begins. */
export interface Course {
  /** At block 0. */
  readonly learningRate: number;
  /** The block at which the rate reaches `endLearningRate` and the training ends; blocks of all epochs are numbered through. */
  readonly endBlock: number;
}

/** The learning rate of a block. */
export function learningRateAt({ learningRate, endBlock }: Course, endLearningRate: number, block: number): number {
  return learningRate + (endLearningRate - learningRate) * Math.min(1, block / endBlock);
}

/** The course that has the same rate at `block` as this one, and from there reaches its end at `endBlock`. */
export function bendCourse(course: Course, endLearningRate: number, block: number, endBlock: number): Course {
  if (endBlock <= block) return { ...course, endBlock: block };
  const share = block / endBlock;
  const rate = learningRateAt(course, endLearningRate, block);
  return { learningRate: (rate - endLearningRate * share) / (1 - share), endBlock };
}

/** What is wrong with a course of at most `blocks` blocks, in words; undefined if nothing is. */
export function faultOfCourse({ learningRate, endBlock }: Course, blocks: number): string | undefined {
  if (!(Number.isFinite(learningRate) && learningRate > 0)) return `its learning rate is ${learningRate}`;
  if (Number.isInteger(endBlock) && endBlock >= 0 && endBlock <= blocks) return undefined;
  return `its last block is ${endBlock} of ${blocks}`;
}

const SHORTEST_PLAN_MILLISECONDS = 100;
const LONGEST_PLAN_MILLISECONDS = 5000;

/** Where time is limited: milliseconds until the course is planned anew, by those that are left. */
export function untilNextPlan(left: number): number {
  return Math.min(LONGEST_PLAN_MILLISECONDS, Math.max(SHORTEST_PLAN_MILLISECONDS, left / 30));
}

const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/** Milliseconds as a timer takes them: what is overdue comes at once, and what is due in more than 24 days not at once. */
export function timerFor(milliseconds: number): number {
  return Math.min(LONGEST_TIMER_MILLISECONDS, Math.max(0, milliseconds));
}

/** What ends a training whose loss has no bounds at any rate that was tried. */
export function unboundedLoss(
  learningRate: number,
  { endLearningRate, window }: { endLearningRate: number; window: number },
): Error {
  return new Error(
    `Cannot train: the loss has no bounds even at learningRate ${learningRate} (endLearningRate ${endLearningRate}); lower it, or the window (${window})`,
  );
}
