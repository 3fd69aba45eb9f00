import { renumberRelaxedSimd, renumberSimd } from '../generated/renumber.ts';
import { wasmMemory } from '../wasm-memory.ts';
import { wasmModule } from '../wasm-module.ts';
import { SENTENCE_END } from './constants.ts';
import type { Renumberer } from './renumber.ts';
import { renumber } from './renumber-reference.ts';

interface Exports {
  begin(): number;
  renumber(tokens: number, length: number, wordIds: number): number;
  hashOf(): number;
  sentenceEnds(): number;
  endsWithEnd(): number;
}

/** Longer lists would take more time to copy than they save. */
const LONGEST_COPY = 1 << 21;

/** The fast version, in WebAssembly: 3.4 ns a number in place of 7.2, in a block of 170,000. */
export function createRenumberer(): Renumberer {
  const memory = wasmMemory({ initial: 1 });
  const module = wasmModule({ simd: renumberSimd, relaxedSimd: renumberRelaxedSimd });
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const copies = new Map<Int32Array, number>();
  let tokensAt = wasm.begin();
  let tokenCount = 0;

  const view = (at: number, length: number) => {
    const missing = at + 4 * length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return new Int32Array(memory.buffer, at, length);
  };
  return {
    setWordIds(lists) {
      copies.clear();
      tokensAt = wasm.begin();
      for (const list of lists) {
        if (list.length > LONGEST_COPY || copies.has(list)) continue;
        view(tokensAt, list.length).set(list);
        copies.set(list, tokensAt);
        tokensAt += 4 * list.length;
      }
    },
    tokens(length) {
      tokenCount = length;
      return view(tokensAt, length);
    },
    renumber(wordIds) {
      const tokens = view(tokensAt, tokenCount);
      const copy = copies.get(wordIds);
      if (copy === undefined) return renumber(tokens, wordIds);
      const length = wasm.renumber(tokensAt, tokenCount, copy);
      return {
        length,
        sentenceEnds: wasm.sentenceEnds(),
        startsWithEnd: length > 0 && tokens[0] === SENTENCE_END,
        endsWithEnd: wasm.endsWithEnd() !== 0,
        hash: wasm.hashOf(),
      };
    },
  };
}
