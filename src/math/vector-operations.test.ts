import { describe, expect, it } from 'vitest';
import { cosineSimilarity, euclideanDistance, normalized } from './vector-operations.ts';

describe('cosineSimilarity and euclideanDistance', () => {
  it("give the tutorial's numbers", () => {
    expect(cosineSimilarity([0.3, 0.7, 0.5], [0.4, 0.6, 0.9])).toBeCloseTo(0.942, 3);
    // √(.1² + .1² + .4²) = √.18
    expect(euclideanDistance([0.3, 0.7, 0.5], [0.4, 0.6, 0.9])).toBeCloseTo(Math.sqrt(0.18), 12);
  });

  it('answer 0, not NaN, for a vector of zeros', () => {
    expect(cosineSimilarity([0, 0], [1, 2])).toBe(0);
    expect(normalized([0, 0])).toEqual(new Float32Array(2));
  });

  it('refuse vectors of different lengths', () => {
    expect(() => cosineSimilarity([1], [1, 2])).toThrow('lengths must be equal, got 1 and 2');
    expect(() => euclideanDistance([1], [1, 2])).toThrow(RangeError);
  });
});
