import { pathToFileURL } from 'node:url';
import type { ChineseSegmenter } from '../text/tokenizer.ts';

/** jieba by @node-rs/jieba, else by jieba-wasm; undefined where neither is installed. */
export async function loadSegmenter(): Promise<ChineseSegmenter | undefined> {
  return (await loadNativeJieba()) ?? (await loadWasmJieba());
}

/** By names that no bundler sees: what is native code cannot be in a bundle. */
async function loadNativeJieba(): Promise<ChineseSegmenter | undefined> {
  const load = (name: string) => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);
  try {
    const { Jieba }: typeof import('@node-rs/jieba') = await load('@node-rs/jieba');
    const { dict }: typeof import('@node-rs/jieba/dict.js') = await load('@node-rs/jieba/dict.js');
    const jieba = Jieba.withDict(dict);
    return { engine: versioned('@node-rs/jieba'), cut: (text) => jieba.cut(text, true) };
  } catch {
    return undefined;
  }
}

async function loadWasmJieba(): Promise<ChineseSegmenter | undefined> {
  try {
    const { cut } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'jieba-wasm');
    return { engine: versioned('jieba-wasm'), cut: (text) => cut(text, true) };
  } catch {
    return undefined;
  }
}

/** The package with its version, where that can be found; a bundle may have no place of its own. */
function versioned(name: string): string {
  try {
    // Not imported: bundlers follow `createRequire`, and warn of what they cannot find.
    const { createRequire } = process.getBuiltinModule('node:module');
    const here = import.meta.url ?? pathToFileURL(`${process.cwd()}/`);
    return `${name} ${(createRequire(here)(`${name}/package.json`) as { version: string }).version}`;
  } catch {
    return name;
  }
}
