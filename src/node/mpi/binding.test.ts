import { expect, it } from 'vitest';
import { bindingMessage } from './binding.ts';

const bound = (ranksHere: number) => ({
  OMPI_MCA_orte_bound_at_launch: '1',
  OMPI_COMM_WORLD_LOCAL_SIZE: String(ranksHere),
});

it('tells of a rank that has fewer processors than its threads', () => {
  const message =
    'mpirun has bound this rank to 1 of the 64 processors of its machine, which all its threads share; start it by mpirun --bind-to none';
  expect(bindingMessage({ usable: 1, ofMachine: 64 }, 8, bound(1))).toBe(message);
  expect(bindingMessage({ usable: 1, ofMachine: 64 }, undefined, bound(1))).toBe(message);
});

it('says nothing where a rank has its threads, or its share of the machine, or the launcher has bound nothing', () => {
  expect(bindingMessage({ usable: 1, ofMachine: 64 }, 1, bound(1))).toBeUndefined();
  expect(bindingMessage({ usable: 1, ofMachine: 2 }, 4, bound(2))).toBeUndefined();
  expect(bindingMessage({ usable: 32, ofMachine: 64 }, undefined, bound(2))).toBeUndefined();
  expect(bindingMessage({ usable: 1, ofMachine: 64 }, 8, {})).toBeUndefined();
});
