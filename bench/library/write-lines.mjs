import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

export async function writeLines(from, to, limit = Number.POSITIVE_INFINITY) {
  const output = createWriteStream(to);
  let rest = '';
  let line = [];
  const input = createReadStream(from);
  for await (const chunk of (from.endsWith('.gz') ? input.pipe(createGunzip()) : input).setEncoding('utf8')) {
    const words = (rest + chunk).split(/\s+/);
    rest = words.pop();
    if (output.bytesWritten > limit) break;
    for (const word of words) {
      if (word === '') continue;
      if (line.push(word) < 1000) continue;
      if (!output.write(`${line.join(' ')}\n`)) await once(output, 'drain');
      line = [];
      if (output.bytesWritten > limit) break;
    }
  }
  output.end(`${[...line, rest].join(' ')}\n`);
  await once(output, 'finish');
}
