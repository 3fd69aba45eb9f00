import { type ChineseSegmenter, type WasmJieba, wasmJiebaSegmenter } from '../text/chinese-segmenter.ts';

/**
 * jieba-wasm, if the page's bundler or import map knows it; otherwise undefined.
 *
 * @param dictionary - words that it gets beside its own, in jieba's format; the same one for all of the page
 * @throws RangeError for a dictionary that cannot be read, Error for a second one
 */
export async function loadSegmenter(dictionary?: string): Promise<ChineseSegmenter | undefined> {
  let jieba: WasmJieba;
  try {
    // The package's types describe this ES module as if it were CommonJS.
    const module = (await import('jieba-wasm/web')) as unknown as WasmJieba & { default(): Promise<unknown> };
    await module.default();
    jieba = module;
  } catch {
    return undefined;
  }
  return wasmJiebaSegmenter(jieba, 'jieba-wasm', dictionary);
}
