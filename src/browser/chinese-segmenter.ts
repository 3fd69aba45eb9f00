import { type ChineseSegmenter, type WasmJieba, wasmJiebaSegmenter } from '../text/chinese-segmenter.ts';

/**
 * jieba-wasm, if the page's bundler or import map knows it; otherwise undefined.
 *
 * @param dictionary - words that it gets beside its own, in jieba's format; the same one for all of the page
 * @throws RangeError for a dictionary that cannot be read, Error for a second one
 */
export async function loadSegmenter(dictionary?: string): Promise<ChineseSegmenter | undefined> {
  let jieba: WasmJieba & { default(): Promise<unknown> };
  try {
    // The package's types describe this ES module as if it were CommonJS.
    jieba = (await import('jieba-wasm/web')) as unknown as typeof jieba;
  } catch {
    return undefined; // it is not installed
  }
  try {
    await jieba.default();
  } catch (error) {
    tellOnce(
      `Chinese text is cut by Intl.Segmenter, which finds other words than jieba: the page has jieba-wasm, but its file jieba_rs_wasm_bg.wasm could not be loaded (${(error as Error).message}). esbuild and rollup do not copy it: copy it from jieba-wasm/pkg/web to the script of the page`,
    );
    return undefined;
  }
  return wasmJiebaSegmenter(jieba, 'jieba-wasm', dictionary);
}

let isTold = false;

function tellOnce(message: string): void {
  if (!isTold) console.warn(message);
  isTold = true;
}
