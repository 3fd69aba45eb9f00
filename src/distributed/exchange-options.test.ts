import { expect, it } from 'vitest';
import { topicPlan } from '../training/trainer.contract.ts';
import { checkExchangeOptions, resolveExchangeOptions } from './exchange-options.ts';

it('refuses options of the exchange that are none', () => {
  expect(() => checkExchangeOptions({})).not.toThrow();
  expect(() => checkExchangeOptions({ mergeRule: 'median' as never })).toThrow('"mergeRule" must be one of');
  expect(() => checkExchangeOptions({ exchangeRows: 0 })).toThrow('"exchangeRows" must be an integer from 1, got 0');
});

it('follows what is trained and how many ranks there are', async () => {
  const plan = await topicPlan(1);
  expect(resolveExchangeOptions({}, plan, 2)).toEqual({
    mergeRule: 'adaptive',
    outputRule: 'adaptive',
    exchangeTokens: 200_000,
    exchangeRows: 512,
  });
  const tree = await topicPlan(1, { loss: 'hierarchical-softmax' });
  expect(resolveExchangeOptions({}, tree, 3)).toMatchObject({ exchangeTokens: 100_000, exchangeRows: 2048 });
  expect(resolveExchangeOptions({}, tree, 2).outputRule).toBe('adaptive');
  expect(resolveExchangeOptions({}, tree, 3).outputRule).toBe('adasum');
  expect(resolveExchangeOptions({ mergeRule: 'sum' }, tree, 3).outputRule).toBe('sum');
  expect(resolveExchangeOptions({ exchangeTokens: 7 }, plan, 4)).toMatchObject({ exchangeTokens: 7 });
});
