import { pathToFileURL } from 'node:url';
import { type ChineseSegmenter, parseDictionary, wasmJiebaSegmenter } from '../text/chinese-segmenter.ts';

/**
 * jieba by @node-rs/jieba, else by jieba-wasm; undefined where neither is installed.
 *
 * @param dictionary - words that it gets beside its own, in its format
 * @throws RangeError for a dictionary that cannot be read
 */
export async function loadSegmenter(dictionary?: string): Promise<ChineseSegmenter | undefined> {
  return (await loadNativeJieba(dictionary)) ?? (await loadWasmJieba(dictionary));
}

/** With its own words alone it is one for all: it takes a tenth of a second, and memory. */
let plainJieba: import('@node-rs/jieba').Jieba | undefined;

/** By names that no bundler sees: what is native code cannot be in a bundle. */
async function loadNativeJieba(dictionary: string | undefined): Promise<ChineseSegmenter | undefined> {
  const load = (name: string) => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);
  let modules: [typeof import('@node-rs/jieba'), typeof import('@node-rs/jieba/dict.js')];
  try {
    modules = [await load('@node-rs/jieba'), await load('@node-rs/jieba/dict.js')];
  } catch {
    return undefined;
  }
  const [{ Jieba }, { dict }] = modules;
  const open = () => {
    if (dictionary === undefined) {
      plainJieba ??= Jieba.withDict(dict);
      return plainJieba;
    }
    const jieba = Jieba.withDict(dict);
    const words = parseDictionary(dictionary);
    const missing = words.filter(({ frequency }) => frequency === undefined).map(({ word }) => word);
    const suggested = suggestFrequencies(missing, (word) => jieba.cut(word, false), dict);
    const lines = words.map(({ word, frequency }) => `${word} ${frequency ?? suggested.get(word)}\n`);
    jieba.loadDict(new TextEncoder().encode(lines.join('')));
    return jieba;
  };
  // Its own words take a tenth of a second, and memory: threads that get no text do without. A dictionary may be refused, so at once.
  let jieba = dictionary === undefined ? undefined : open();
  const cut = (text: string) => {
    jieba ??= open();
    return jieba.cut(text, true);
  };
  return { engine: versioned('@node-rs/jieba'), cut };
}

/**
 * For words without a frequency the least by which jieba takes them whole (`suggest_freq` of jieba's __init__.py): their
 * parts in a row are not more likely. Without one @node-rs/jieba never takes them.
 */
function suggestFrequencies(
  words: readonly string[],
  cut: (word: string) => readonly string[],
  dictionary: Uint8Array,
): Map<string, number> {
  if (words.length === 0) return new Map();
  const parts = new Map(words.map((word) => [word, cut(word)]));
  const wanted = new Set([...parts.values()].flat());
  const frequencies = new Map<string, number>();
  let total = 0;
  for (const [, word, frequency] of new TextDecoder().decode(dictionary).matchAll(/^(\S+) (\d+)/gm)) {
    total += Number(frequency);
    if (wanted.has(word)) frequencies.set(word, Number(frequency));
  }
  const share = (part: string) => (frequencies.get(part) ?? 1) / total;
  return new Map(
    Array.from(parts, ([word, list]) => {
      const together = list.reduce((product, part) => product * share(part), total);
      return [word, Math.max(Math.floor(together) + 1, frequencies.get(word) ?? 1)];
    }),
  );
}

async function loadWasmJieba(dictionary: string | undefined): Promise<ChineseSegmenter | undefined> {
  let jieba: typeof import('jieba-wasm');
  try {
    jieba = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'jieba-wasm');
  } catch {
    return undefined;
  }
  return wasmJiebaSegmenter(jieba, versioned('jieba-wasm'), dictionary);
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
