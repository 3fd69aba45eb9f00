import { floatContents } from '../model/embedding-model.ts';
import type { TextSource } from '../text/text-source.ts';
import type { OpenedText } from '../training/open-text.ts';
import { type Communicator, gatherValues } from './communicator.ts';

/** What must be the same on all ranks, in words. */
type Facts = Readonly<Record<string, string>>;

/**
 * Compares what the ranks are about to do.
 *
 * @param version - of this package
 * @returns the threads of each rank
 * @throws Error, the same on all ranks, that names the first difference
 */
export async function agreeOnTraining(
  communicator: Communicator,
  version: string,
  opened: OpenedText,
  more: Facts = {},
): Promise<number[]> {
  const facts = { version, ...factsOf(opened), ...more };
  const { host } = communicator;
  const all = await gatherValues(communicator, { facts: facts as Facts, host, threads: opened.workers.length });
  const [first] = all;
  for (const [rank, { facts: there, host: other }] of all.entries()) {
    for (const name of new Set([...Object.keys(first.facts), ...Object.keys(there)])) {
      if (there[name] === first.facts[name]) continue;
      throw new Error(
        `Cannot train: on rank ${rank} (${other}) ${name} is ${there[name] ?? 'not there'}, on rank 0 (${first.host}) ${first.facts[name] ?? 'not there'}; start all ranks with the same version, options and text`,
      );
    }
  }
  return all.map(({ threads }) => threads);
}

function factsOf({ resolved, tokenizer, sources, options, sample }: OpenedText): Facts {
  const facts: Record<string, string> = { 'the number of files': String(sources.length) };
  for (const [name, value] of Object.entries(resolved)) facts[name] = JSON.stringify(value);
  const { dictionary, ...shown } = tokenizer.descriptor;
  facts['the tokenizer'] = JSON.stringify(shown);
  facts['the checksum of the dictionary'] = checksum([dictionary ?? '']);
  sources.forEach((source, i) => {
    facts[`the size of file ${i + 1}`] = sizeOf(source);
  });
  facts['the checksum of the first megabyte'] = checksum(sample.parts.map(({ bytes }) => bytes));
  const { vocabulary, start, strict = false, resume = false } = options;
  facts.strict = String(strict);
  facts.resume = String(resume);
  if (vocabulary) facts['the checksum of the given vocabulary'] = checksum([...vocabulary.words]);
  if (start) {
    facts['the checksum of the start vectors'] = checksum([
      ...start.model.words,
      floatContents(start.model.contents).inputVectors,
    ]);
    facts.keepWords = String(start.keepWords ?? false);
  }
  return facts;
}

function sizeOf({ byteLength }: TextSource): string {
  return byteLength === undefined ? 'unknown' : `${byteLength} bytes`;
}

const encoder = new TextEncoder();

/** Of texts and bytes, each with its length. */
function checksum(parts: readonly (string | ArrayBufferView)[]): string {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const bytes =
      typeof part === 'string' ? encoder.encode(part) : new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    hash = Math.imul(addBytes(hash, bytes) ^ 0xff, 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

/** As FNV-1a, but four bytes at a time: this runs once, over a megabyte. All ranks have the same order of bytes, or their rows would be others. */
function addBytes(before: number, bytes: Uint8Array): number {
  const words = new Int32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  let hash = before ^ bytes.length;
  for (let i = 0; i < words.length; i++) {
    hash = Math.imul(hash ^ words[i], 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}
