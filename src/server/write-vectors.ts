import { SHORT_NUMBER_BYTES, writeShortNumber } from '../math/short-number.ts';
import { normalized } from '../math/vector-operations.ts';
import type { SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { counted } from '../text/counted.ts';

/** How vectors are written in an answer. */
export interface VectorForm {
  /** `objects`: OpenAI's elements of "data"; `arrays`: bare vectors. */
  readonly layout: 'objects' | 'arrays';
  /** Numbers of seven digits, as `wordkin embed` writes them, or the bytes of float32, the lowest first. */
  readonly encoding: 'float' | 'base64';
  /** Only the first ones; all if omitted. */
  readonly dimensions?: number | undefined;
  /** To length 1; as the encoder has them if omitted. */
  readonly normalize?: boolean | undefined;
}

/** What was counted beside the vectors. */
export interface VectorCounts {
  /** Tokens of all texts, known or not. */
  readonly tokens: number;
  /** Texts without a word that the model knows: their vectors are all zeros. */
  readonly withoutWords: number;
}

/** Vectors as a part of a JSON array, without its brackets. */
export interface WrittenVectors extends VectorCounts {
  readonly json: Uint8Array<ArrayBuffer>;
}

/** Most tokens of a text, as OpenAI has it. */
export const MOST_TOKENS = 8192;

/** A text that is longer than an answer may take. */
export class TextLengthError extends RangeError {
  override readonly name = 'TextLengthError';
}

/**
 * Encodes texts and writes their vectors.
 *
 * @param first - the number of the first text among those of the request
 * @throws TextLengthError for a text of more than 8,192 tokens; RangeError where the model has no finite vector for a text
 */
export function writeVectors(
  encoder: SentenceEncoder,
  texts: readonly string[],
  form: VectorForm,
  first = 0,
): WrittenVectors {
  const dimensions = form.dimensions ?? encoder.dimensions;
  const vectorBytes = form.encoding === 'base64' ? 4 * Math.ceil((4 * dimensions) / 3) : 12 * dimensions;
  const writer = new AsciiWriter(texts.length * (vectorBytes + 64));
  const counts = writeTo(writer, encoder, texts, form, first);
  return { ...counts, json: writer.bytes() };
}

/** Of short answers: new memory for each would take as long as the vectors. */
const shared = { writer: undefined as AsciiWriter | undefined };
const MOST_SHARED_BYTES = 1 << 16;

/** As `writeVectors`, as a string. */
export function vectorsText(
  encoder: SentenceEncoder,
  texts: readonly string[],
  form: VectorForm,
): VectorCounts & { readonly json: string } {
  shared.writer ??= new AsciiWriter(1 << 12);
  const { writer } = shared;
  writer.clear();
  const counts = writeTo(writer, encoder, texts, form, 0);
  const json = writer.toString();
  if (json.length > MOST_SHARED_BYTES) shared.writer = undefined;
  return { json, ...counts };
}

function writeTo(
  writer: AsciiWriter,
  encoder: SentenceEncoder,
  texts: readonly string[],
  form: VectorForm,
  first: number,
): VectorCounts {
  const isBase64 = form.encoding === 'base64';
  let tokens = 0;
  let withoutWords = 0;
  texts.forEach((text, i) => {
    const words = encoder.tokenizer.tokenize(text);
    if (words.length > MOST_TOKENS)
      throw new TextLengthError(
        `Text ${first + i} has ${counted(words.length, 'token')}, at most ${MOST_TOKENS} are allowed; cut it into parts`,
      );
    tokens += words.length;
    const sentence = encoder.encodeTokens(words);
    if (sentence.knownTokens === 0) withoutWords++;
    let { vector } = sentence;
    if (form.dimensions !== undefined) vector = vector.subarray(0, form.dimensions);
    if (form.normalize) vector = normalized(vector);
    if (i > 0) writer.text(',');
    if (form.layout === 'objects') writer.text(`{"object":"embedding","index":${first + i},"embedding":`);
    if (isBase64) writer.base64(vector);
    else writer.numbers(vector);
    if (form.layout === 'objects') writer.text('}');
  });
  return { tokens, withoutWords };
}

const BASE64 = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const [QUOTE, COMMA, OPEN, CLOSE, PADDING] = [34, 44, 91, 93, 61];
const ascii = new TextDecoder();
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** ASCII that grows. */
class AsciiWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(expected: number) {
    this.#bytes = new Uint8Array(expected);
  }

  text(text: string): void {
    const bytes = this.#room(text.length);
    for (let i = 0; i < text.length; i++) bytes[this.#length++] = text.charCodeAt(i);
  }

  /** The vector as an array of numbers. */
  numbers(vector: Float32Array): void {
    const bytes = this.#room(2 + (SHORT_NUMBER_BYTES + 1) * vector.length);
    let at = this.#length;
    bytes[at++] = OPEN;
    for (let d = 0; d < vector.length; d++) {
      if (d > 0) bytes[at++] = COMMA;
      at = writeShortNumber(vector[d], bytes, at);
    }
    bytes[at++] = CLOSE;
    this.#length = at;
  }

  /** The vector as a string of base64. */
  base64(vector: Float32Array): void {
    const source = littleEndianBytes(vector);
    const bytes = this.#room(2 + 4 * Math.ceil(source.length / 3));
    let at = this.#length;
    bytes[at++] = QUOTE;
    const whole = source.length - (source.length % 3);
    for (let i = 0; i < whole; i += 3) {
      const three = (source[i] << 16) | (source[i + 1] << 8) | source[i + 2];
      bytes[at] = BASE64[three >> 18];
      bytes[at + 1] = BASE64[(three >> 12) & 63];
      bytes[at + 2] = BASE64[(three >> 6) & 63];
      bytes[at + 3] = BASE64[three & 63];
      at += 4;
    }
    const left = source.length - whole;
    if (left > 0) {
      const rest = (source[whole] << 16) | ((source[whole + 1] ?? 0) << 8);
      bytes[at++] = BASE64[rest >> 18];
      bytes[at++] = BASE64[(rest >> 12) & 63];
      bytes[at++] = left === 2 ? BASE64[(rest >> 6) & 63] : PADDING;
      bytes[at++] = PADDING;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  toString(): string {
    return ascii.decode(this.bytes());
  }

  clear(): void {
    this.#length = 0;
  }

  #room(byteLength: number): Uint8Array<ArrayBuffer> {
    if (this.#length + byteLength <= this.#bytes.length) return this.#bytes;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + byteLength));
    larger.set(this.#bytes);
    this.#bytes = larger;
    return larger;
  }
}

function littleEndianBytes(vector: Float32Array): Uint8Array {
  if (isLittleEndian) return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const view = new DataView(new ArrayBuffer(vector.byteLength));
  vector.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}
