import { afterEach, expect, it, vi } from 'vitest';
import { loadSegmenter } from './chinese-segmenter.ts';

afterEach(() => vi.restoreAllMocks());

it('says once where jieba-wasm is there, but not its file: Node fetches none from the disk', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
  expect(await loadSegmenter()).toBeUndefined();
  expect(await loadSegmenter()).toBeUndefined();
  expect(warn).toHaveBeenCalledOnce();
  expect(warn).toHaveBeenCalledWith(
    expect.stringMatching(
      /^Chinese text is cut by Intl\.Segmenter, .* jieba_rs_wasm_bg\.wasm could not be loaded \(.+\)\./,
    ),
  );
});
