import { afterEach, expect, it, vi } from 'vitest';
import { tellWarning } from './tell-warning.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('is a warning of the process, or a line on the console where there is none', () => {
  const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const told = vi.spyOn(console, 'warn').mockImplementation(() => {});
  tellWarning('first');
  for (const process of [undefined, { env: {} }]) {
    vi.stubGlobal('process', process);
    tellWarning('later');
  }
  vi.unstubAllGlobals();
  expect(emitted.mock.calls).toEqual([['first', 'WordkinWarning']]);
  expect(told.mock.calls).toEqual([['later'], ['later']]);
});
