import type { ChineseSegmenter } from '../text/tokenizer.ts';

interface Jieba {
  default(): Promise<unknown>;
  cut(text: string, hmm: boolean): string[];
}

/** jieba-wasm, if the page's bundler or import map knows it; otherwise undefined. */
export async function loadSegmenter(): Promise<ChineseSegmenter | undefined> {
  try {
    // The package's types describe this ES module as if it were CommonJS.
    const { default: initialize, cut } = (await import('jieba-wasm/web')) as unknown as Jieba;
    await initialize();
    return { engine: 'jieba-wasm', cut: (text) => cut(text, true) };
  } catch {
    return undefined;
  }
}
