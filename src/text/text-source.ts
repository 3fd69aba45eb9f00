import { showValue } from './show-value.ts';

/**
 * Where text comes from. It is read once, front to back; each line is a sentence. `open` gives the bytes as
 * UTF-8, already decompressed.
 */
export interface TextSource {
  /** For messages: a path, or what the source is. */
  readonly name: string;
  /** Bytes to be read, if known (of the compressed file where it is compressed). For progress only. */
  readonly byteLength?: number;
  /** A line is a JSON object whose text stands in this field, possibly nested: "body.text". */
  readonly jsonField?: string;
  /** `onRead` runs far ahead of what has been given out: nothing can be told from how far it is. */
  readonly readsAhead?: boolean;
  readonly open: OpenText;
}

/** Reads a text from its beginning, each time anew. */
export interface OpenText {
  /** `onRead` is told how many more of `byteLength` bytes have been read. */
  (onRead?: (byteLength: number) => void): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** The bytes are those of this file as they stand, `byteLength` of them: others may read it by themselves. */
  readonly file?: string;
  /** What of the file is meant, where machines share it: blocks (`FileBlock.index`), `end` exclusive. All if omitted. */
  readonly part?: { readonly first: number; readonly end: number; readonly fileByteLength: number };
}

/** Whether a value of a user can be opened as text. */
export function isTextSource(value: unknown): value is TextSource {
  return typeof (value as Partial<TextSource> | null | undefined)?.open === 'function';
}

/** What a source opens. @throws TypeError for what is no bytes: a source of a user may give anything */
export async function* openChunks(
  source: TextSource,
  onRead?: (byteLength: number) => void,
): AsyncGenerator<Uint8Array> {
  const chunks: unknown = source.open(onRead);
  const isIterable = (value: object) => Symbol.asyncIterator in value || Symbol.iterator in value;
  if (typeof chunks !== 'object' || chunks === null || !isIterable(chunks))
    throw new TypeError(
      `Cannot read "${source.name}": its "open" must give an iterable of Uint8Array, got ${showValue(chunks)}`,
    );
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    if (!(chunk instanceof Uint8Array))
      throw new TypeError(
        `Cannot read "${source.name}": its "open" must give Uint8Array, such as TextEncoder makes of text, got ${showValue(chunk)}`,
      );
    yield chunk;
  }
}

/**
 * Sentences that are already in memory. A line break inside of a text ends a sentence.
 *
 * @throws TypeError for a string: its letters would be the texts
 */
export function textsSource(texts: Iterable<string>, name = 'texts'): TextSource {
  checkIterable(name, texts, 'an array of strings, one a text', (text) => `[${text}]`);
  return {
    name,
    *open() {
      const encoder = new TextEncoder();
      let batch: string[] = [];
      let length = 0;
      for (const text of texts) {
        if (typeof text !== 'string') {
          throw new TypeError(`Cannot read ${name}: each item must be a string, got ${describe(text)}`);
        }
        batch.push(text, '\n');
        length += text.length;
        if (length > 1 << 19) {
          yield encoder.encode(batch.join(''));
          batch = [];
          length = 0;
        }
      }
      yield encoder.encode(batch.join(''));
    },
  };
}

/** Separates the tokens of `tokensSource`, so that tokens may hold spaces. U+001F, unit separator. */
export const TOKEN_SEPARATOR = '\u001f';

/**
 * Sentences that are already cut into tokens, for the tokenizer `ids` with TOKEN_SEPARATOR: nothing is
 * lower-cased or cut again.
 *
 * @throws TypeError for a string, at once, or where a sentence is a string, when it is read: that would train on its letters
 */
export function tokensSource(sentences: Iterable<readonly string[]>, name = 'sentences'): TextSource {
  checkIterable(name, sentences, 'an array of arrays of tokens', (text) => `[${text}.split(' ')]`);
  function* lines() {
    for (const sentence of sentences) {
      if (typeof sentence === 'string' || !Array.isArray(sentence)) {
        const help = typeof sentence === 'string' ? '; give { texts } for sentences that are not cut into tokens' : '';
        throw new TypeError(
          `Cannot read ${name}: each sentence must be an array of tokens, got ${describe(sentence)}${help}`,
        );
      }
      for (const token of sentence) {
        if (typeof token !== 'string') {
          throw new TypeError(`Cannot read ${name}: each token must be a string, got ${describe(token)}`);
        }
      }
      yield sentence.map((token) => token.replace(/[\n\r\u001f]/g, ' ')).join(TOKEN_SEPARATOR);
    }
  }
  return textsSource({ [Symbol.iterator]: lines }, name);
}

/** A string is iterable, too, letter by letter. */
function checkIterable(name: string, value: unknown, wanted: string, mend: (text: string) => string): void {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return;
  const isAsync = typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
  const help = isAsync
    ? '; of an async iterable gather the items first, or give { sources: [{ name, open }] }, whose "open" gives their bytes one after the other'
    : typeof value === 'string'
      ? `; for one text give ${mend('text')}`
      : '';
  throw new TypeError(`Cannot read ${name}: it must be ${wanted}, got ${describe(value)}${help}`);
}

function describe(value: unknown): string {
  return typeof value === 'object' ? showValue(value) : `${typeof value} ${showValue(value)}`;
}
