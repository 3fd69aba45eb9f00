import { checkEncoder } from '../sentences/sentence-encoder.ts';
import { showValue } from '../text/show-value.ts';
import type { TextIndex } from './text-index.ts';

/** @throws TypeError for what is no `TextIndex` */
export function checkIndex(index: unknown): asserts index is TextIndex {
  const { add, search, encoder } = (index ?? {}) as Partial<TextIndex>;
  if (typeof add !== 'function' || typeof search !== 'function')
    throw new TypeError(`"index" must be a TextIndex, as TextIndex.open gives it, got ${showValue(index)}`);
  checkEncoder(encoder);
}
