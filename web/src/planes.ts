// Words with two vectors of two dimensions each, for the steps about softmax and its gradient.
import type { Plane } from './engine/api.ts';

const TUTORIAL = [0.2, 0.4, 0.5, 0.7, 0.3, 0.6];

/** The tutorial's numbers: each word has one vector, which stands for both. */
export const TUTORIAL_PLANE: Plane = {
  words: ['Apple', 'Banana', 'Orange'],
  dimensions: 2,
  inputs: TUTORIAL,
  outputs: TUTORIAL,
};

/** The plane with the vector of a word changed, its centre or its context vector. */
export function withVector(plane: Plane, matrix: 'inputs' | 'outputs', id: number, x: number, y: number): Plane {
  const values = [...plane[matrix]];
  values.splice(id * plane.dimensions, 2, x, y);
  return { ...plane, [matrix]: values };
}

export function vectorOf(plane: Plane, matrix: 'inputs' | 'outputs', id: number): [number, number] {
  const [x, y] = plane[matrix].slice(id * plane.dimensions, id * plane.dimensions + 2);
  return [x, y];
}
