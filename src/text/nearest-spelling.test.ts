import { expect, it } from 'vitest';
import { nearestSpelling } from './nearest-spelling.ts';

it.each([
  ['quantun', ['quality', 'quantum', 'quant'], 'quantum'],
  ['--windw', ['--window', '--dimensions'], '--window'],
  ['北京市', ['上海', '北京'], '北京'],
  ['xyz', ['elephant', 'giraffe'], undefined],
  ['cat', [], undefined],
  ['a', ['b', 'ab', 'ba'], undefined],
  ['碗', ['的', '一碗'], undefined],
  ['A', ['b', 'a'], 'a'],
  ['ab', ['xy', 'b'], 'b'],
  ['', ['a'], undefined],
  ['wrods', ['auto', 'words'], 'words'],
  ['dgo', ['god', 'dog'], 'dog'],
  ['PARIS', ['parts', 'paris'], 'paris'],
  ['cafe\u0301', ['cafes', 'café'], 'café'],
  ['don’t', ['dont', "don't"], "don't"],
  ['οδοσ', ['οδος'], 'οδος'],
  ['ﬁne', ['fine'], 'fine'],
])('nearestSpelling of %j among %j is %j', (word, candidates, expected) => {
  expect(nearestSpelling(word, candidates)).toBe(expected);
});
