/** What of zstddec's `ZSTDDecoder` is used; Node and browsers bring it. */
export interface ZstdDecoder {
  decodeStreaming(chunks: Iterable<Uint8Array>): Iterator<Uint8Array>;
}

/** All frames of a stream. The decoder asks for its input synchronously, so the next chunk is read beforehand. */
export async function* decodeZstd(decoder: ZstdDecoder, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = bytes[Symbol.asyncIterator]();
  let next = await input.next();
  if (next.done) return;
  let taken = false;
  function* chunks() {
    while (!next.done) {
      taken = true;
      yield next.value;
    }
  }
  const output = decoder.decodeStreaming(chunks());
  for (let idle = 0; ; ) {
    const { value, done } = nextOf(output);
    if (done) return;
    if (value.length > 0) yield value;
    // On damaged data the decoder stands still: no output, and it asks for no input.
    idle = value.length > 0 || taken ? 0 : idle + 1;
    if (idle > 1) throw new Error('the compressed data is damaged, or it is no zstd file');
    if (taken) {
      taken = false;
      next = await input.next();
    }
  }
}

function nextOf(output: Iterator<Uint8Array>): IteratorResult<Uint8Array> {
  try {
    return output.next();
  } catch (error) {
    // The decoder says "Incomplete stream, more data expected."
    throw /incomplete/i.test(String(error)) ? new Error('the compressed data ends early', { cause: error }) : error;
  }
}
