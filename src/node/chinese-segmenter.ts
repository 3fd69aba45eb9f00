import { createRequire } from 'node:module';
import type { ChineseSegmenter } from '../text/tokenizer.ts';

/** jieba by @node-rs/jieba, else by jieba-wasm; undefined where neither is installed. */
export async function loadSegmenter(): Promise<ChineseSegmenter | undefined> {
  return (await loadNativeJieba()) ?? (await loadWasmJieba());
}

async function loadNativeJieba(): Promise<ChineseSegmenter | undefined> {
  try {
    const { Jieba } = await import('@node-rs/jieba');
    const { dict } = await import('@node-rs/jieba/dict.js');
    const jieba = Jieba.withDict(dict);
    return { engine: `@node-rs/jieba ${packageVersion('@node-rs/jieba')}`, cut: (text) => jieba.cut(text, true) };
  } catch {
    return undefined;
  }
}

async function loadWasmJieba(): Promise<ChineseSegmenter | undefined> {
  try {
    const { cut } = await import('jieba-wasm');
    return { engine: `jieba-wasm ${packageVersion('jieba-wasm')}`, cut: (text) => cut(text, true) };
  } catch {
    return undefined;
  }
}

function packageVersion(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}
