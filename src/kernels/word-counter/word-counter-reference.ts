import { type CreateWordCounter, RUN_HEADER_BYTES } from './word-counter.ts';

const NUMBER_BYTES = 32;

/** The plain version: what the kernel gives, but for the numbers of the words, which are any. */
export const createWordCounterReference: CreateWordCounter = (tokenize) => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(0);
  let words = new Map<string, { number: number; count: number }>();

  function numberOf(word: string): number {
    const entry = words.get(word);
    if (!entry) {
      words.set(word, { number: words.size, count: 1 });
      return words.size - 1;
    }
    entry.count++;
    return entry.number;
  }

  return {
    text(byteLength) {
      bytes = new Uint8Array(byteLength);
      return bytes;
    },
    isUtf8(byteLength) {
      try {
        strict.decode(bytes.subarray(0, byteLength));
        return true;
      } catch {
        return false;
      }
    },
    cut(byteLength, rule) {
      const tokens: number[] = [];
      let sentences = 0;
      // What follows the last line feed belongs to a line that goes on in the next text.
      const lines = strict.decode(bytes.subarray(0, byteLength)).split('\n');
      lines.forEach((line, index) => {
        const last = index === lines.length - 1;
        if (rule === 'lines') {
          if (line !== '') tokens.push(numberOf(line));
        } else {
          const found = rule === 'words' ? tokenize(line) : (line.match(/[^\t-\r ]+/g) ?? []);
          for (const word of found) tokens.push(numberOf(word));
        }
        if (last || (rule === 'lines' && line !== '')) return;
        tokens.push(-1);
        sentences++;
      });
      return { tokens: Int32Array.from(tokens), sentences };
    },
    get wordCount() {
      return words.size;
    },
    get byteLength() {
      let sum = 0;
      for (const word of words.keys()) sum += 2 * word.length + NUMBER_BYTES;
      return sum;
    },
    takeRun(write) {
      const entries = Array.from(words, ([word, entry]) => ({ ...entry, word: encoder.encode(word) }));
      entries.sort((a, b) => compareBytes(a.word, b.word));
      const run = new Uint8Array(entries.reduce((sum, { word }) => sum + RUN_HEADER_BYTES + word.length, 0));
      const view = new DataView(run.buffer);
      let at = 0;
      for (const { number, count, word } of entries) {
        view.setUint32(at, number, true);
        view.setFloat64(at + 4, count, true);
        view.setUint32(at + 12, word.length, true);
        run.set(word, at + RUN_HEADER_BYTES);
        at += RUN_HEADER_BYTES + word.length;
      }
      words = new Map();
      write(run);
    },
  };
};

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
