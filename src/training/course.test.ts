import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bendCourse, faultOfCourse, learningRateAt, timerFor, untilNextPlan } from './course.ts';

const course = { learningRate: 0.05, endBlock: 100 };

it('the learning rate falls along a straight line and stays at its end', () => {
  const rates = [0, 25, 100, 120].map((block) => learningRateAt(course, 0.01, block));
  [0.05, 0.04, 0.01, 0.01].forEach((rate, i) => expect(rates[i]).toBeCloseTo(rate, 12));
});

it('a course is planned anew after a thirtieth of what is left, within a tenth of a second and five seconds', () => {
  expect([0, 3000, 30_000, 1e9].map(untilNextPlan)).toEqual([100, 100, 1000, 5000]);
  expect([-0.1, 5, 1e12, Infinity].map(timerFor)).toEqual([0, 5, 2 ** 31 - 1, 2 ** 31 - 1]);
});

describe('bendCourse', () => {
  it('keeps the rate of now and ends earlier', () => {
    // After 40 of 100 blocks the rate is .03; over ten more it falls to 0, so that the line began at .15.
    const bent = bendCourse(course, 0, 40, 50);
    expect(bent.endBlock).toBe(50);
    expect(bent.learningRate).toBeCloseTo(0.15, 12);
    expect(learningRateAt(bent, 0, 45)).toBeCloseTo(0.015, 12);
  });

  it('ends at once where there is nothing left', () => {
    expect(bendCourse(course, 0.01, 40, 40).endBlock).toBe(40);
    expect(bendCourse(course, 0.01, 40, 30).endBlock).toBe(40);
  });

  it('never makes the rate jump or rise, however often it bends', () => {
    const bends = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 500 })), {
      maxLength: 9,
    });
    fc.assert(
      fc.property(bends, (steps) => {
        let [now, block] = [course, 0];
        for (const [trained, left] of steps) {
          block = Math.min(now.endBlock, block + trained);
          const before = learningRateAt(now, 0.01, block);
          now = bendCourse(now, 0.01, block, block + left);
          expect(learningRateAt(now, 0.01, block)).toBeCloseTo(before, 9);
          expect(learningRateAt(now, 0.01, block + left)).toBeCloseTo(0.01, 9);
          expect(learningRateAt(now, 0.01, block + 1)).toBeLessThanOrEqual(before + 1e-12);
        }
      }),
    );
  });
});

it('names what is wrong with a course that was read', () => {
  expect(faultOfCourse(course, 100)).toBeUndefined();
  expect(faultOfCourse(course, 99)).toBe('its last block is 100 of 99');
  expect(faultOfCourse({ learningRate: Number.NaN, endBlock: 1 }, 99)).toBe('its learning rate is NaN');
  expect(faultOfCourse({ learningRate: 1, endBlock: 1.5 }, 99)).toBe('its last block is 1.5 of 99');
});
