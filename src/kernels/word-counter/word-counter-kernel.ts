import { wordCounterRelaxedSimd, wordCounterSimd } from '../generated/word-counter.ts';
import { wasmMemory } from '../wasm-memory.ts';
import { wasmModule } from '../wasm-module.ts';
import type { CreateWordCounter, CutRule } from './word-counter.ts';

interface Exports {
  reserve(byteLength: number): void;
  text(): number;
  tokens(): number;
  capacity(): number;
  sentences(): number;
  wordCount(): number;
  byteLength(): number;
  clear(): void;
  isUtf8(byteLength: number): number;
  cutAtWhitespace(byteLength: number): number;
  cutAtLines(byteLength: number): number;
  cutIntoWords(byteLength: number): number;
  findChunks(byteLength: number): number;
  defineChunks(byteLength: number): void;
  sortWords(): void;
  writeRun(): number;
}

/** The fast version, in WebAssembly. It takes some 40 bytes a word more than the word itself. */
export const createWordCounter: CreateWordCounter = (tokenize) => {
  const memory = wasmMemory({ initial: 1 });
  const module = wasmModule({ simd: wordCounterSimd, relaxedSimd: wordCounterRelaxedSimd });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const wasm = guard(instance.exports as unknown as Exports);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  /** Pointers come signed. */
  const tokensAt = () => wasm.tokens() >>> 0;
  // Views are made anew each time, because memory that has grown has another buffer.
  const view = (at: number, length: number) => new Uint8Array(memory.buffer, at, length);
  wasm.reserve(1 << 20);

  /**
   * The words of chunks that are not ASCII alone, of those that are new. A chunk never holds white space, and the tokenizer
   * cuts what stands between white space by itself: normalization, small letters and words end there.
   */
  function learnChunks(byteLength: number): void {
    const foundBytes = wasm.findChunks(byteLength);
    if (foundBytes === 0) return;
    const at = tokensAt();
    const chunks = decoder.decode(view(at, foundBytes)).split('\n');
    chunks.pop();
    const references = new Uint32Array(memory.buffer, aligned(at + foundBytes), chunks.length).slice();
    let lines = '';
    let first = 0;
    chunks.forEach((chunk, index) => {
      lines += `${tokenize(chunk).join(' ')}\n`;
      const last = index === chunks.length - 1;
      if (!last && 3 * lines.length < wasm.capacity()) return;
      wasm.reserve(3 * lines.length); // NFKC makes 33 bytes of 3 at worst, so a line may be longer than the text
      const target = tokensAt();
      const { written } = encoder.encodeInto(lines, view(target, 3 * lines.length));
      new Uint32Array(memory.buffer, aligned(target + written), index + 1 - first).set(
        references.subarray(first, index + 1),
      );
      wasm.defineChunks(written);
      lines = '';
      first = index + 1;
    });
  }

  const rules: Record<CutRule, (byteLength: number) => number> = {
    whitespace: (byteLength) => wasm.cutAtWhitespace(byteLength),
    lines: (byteLength) => wasm.cutAtLines(byteLength),
    words(byteLength) {
      learnChunks(byteLength);
      return wasm.cutIntoWords(byteLength);
    },
  };

  return {
    text(byteLength) {
      wasm.reserve(byteLength);
      return view(wasm.text() >>> 0, byteLength);
    },
    isUtf8: (byteLength) => wasm.isUtf8(byteLength) !== 0,
    cut(byteLength, rule) {
      const length = rules[rule](byteLength);
      return { tokens: new Int32Array(memory.buffer, tokensAt(), length), sentences: wasm.sentences() };
    },
    get wordCount() {
      return wasm.wordCount();
    },
    get byteLength() {
      return wasm.byteLength();
    },
    takeRun(write) {
      wasm.sortWords();
      for (let length = wasm.writeRun(); length > 0; length = wasm.writeRun()) write(view(tokensAt(), length));
      wasm.clear();
    },
  };
};

function aligned(address: number): number {
  return (address + 3) & ~3;
}

/** What a trap means here: the memory could not grow. */
function guard(exports: Exports): Exports {
  const guarded: Record<string, (...args: number[]) => number> = {};
  for (const [name, call] of Object.entries(exports as unknown as typeof guarded)) {
    guarded[name] = (...args) => {
      try {
        return call(...args);
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        throw new Error('Cannot count words: there is no memory left for the table; give a smaller memory budget', {
          cause: error,
        });
      }
    };
  }
  return guarded as unknown as Exports;
}
