import { expect, it } from 'vitest';
import { HeldOutHistory } from './held-out-history.ts';

/** 400 pairs around a mean. */
const pairsAround = (mean: number) => Float64Array.from({ length: 400 }, (_, i) => mean + ((i * 7) % 20) / 100 - 0.095);

it('tells means and the best epoch, and goes on from what it has kept', () => {
  const history = new HeldOutHistory();
  expect(history.best).toBeUndefined();
  expect(history.add(new Float64Array(), new Float64Array())).toEqual({ loss: undefined, contrast: undefined });
  const contrasts = [0.2, 0.6, 0.5];
  for (const contrast of contrasts) history.add(Float64Array.of(2, 4), pairsAround(contrast));
  expect(history.pairs).toBe(2);
  expect(history.best?.epoch).toBe(2);
  expect(history.best?.contrast).toBeCloseTo(0.6, 9);
  const again = new HeldOutHistory(JSON.parse(JSON.stringify(history.kept)));
  expect(again.kept).toEqual(history.kept);
  expect(again.kept.heldOutLosses).toEqual([3, 3, 3]);
  expect(again.kept.contrastStretches).toHaveLength(3);
  for (let epoch = 4; epoch <= 7; epoch++) {
    expect(again.overTraining(4, true)).toBeUndefined();
    again.add(Float64Array.of(2, 4), pairsAround(0.4 - 0.001 * epoch));
  }
  again.add(Float64Array.of(2, 4), pairsAround(0.39));
  expect(again.overTraining(4, false)).toEqual({ noGainSince: undefined });
  expect(again.overTraining(17, true)).toBeUndefined();
  expect(history.kept.heldOutContrasts).toHaveLength(3);
});

it('tells since when the contrast has been a little below its best', () => {
  const history = new HeldOutHistory();
  for (let epoch = 1; epoch <= 40; epoch++) history.add(Float64Array.of(2), pairsAround(epoch <= 12 ? 0.7 : 0.67));
  expect(history.overTraining(40, true)).toEqual({ noGainSince: 5 }); // the middle of 1 to 10
  expect(history.overTraining(40, false)).toBeUndefined();
  expect(history.overTraining(81, true)).toBeUndefined();
});
