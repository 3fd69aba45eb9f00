import { BLOCK_BYTES } from '../text/line-blocks.ts';
import type { TextSource } from '../text/text-source.ts';

/** Files, or MiB of files of plain text: what cannot be shared any further. */
interface Unit {
  readonly source: number;
  /** Of a file in blocks, which one. */
  readonly block?: number;
  readonly byteLength: number;
}

/**
 * Shares out a text: each rank gets a stretch of it, in the order of the text, of about as many bytes as its weight asks for. A file of
 * plain text is parted at its MiB, any other file is for one rank.
 *
 * @param weights - one a rank: how much it can do
 * @returns for each rank its sources; none where there are fewer parts than ranks
 * @throws Error for a source whose length is not known: it can be read by one process only
 */
export function shareInputs(sources: readonly TextSource[], weights: readonly number[]): TextSource[][] {
  const units = sources.flatMap(unitsOf);
  const total = units.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0);
  const shares: Unit[][] = weights.map(() => []);
  let [rank, before] = [0, 0];
  let upTo = (weights[0] / totalWeight) * total;
  for (const unit of units) {
    // Where the middle of a part lies tells whose it is.
    while (rank < weights.length - 1 && before + unit.byteLength / 2 > upTo) {
      upTo += (weights[++rank] / totalWeight) * total;
    }
    shares[rank].push(unit);
    before += unit.byteLength;
  }
  return shares.map((share) => toSources(share, sources));
}

function unitsOf(source: TextSource, index: number): Unit[] {
  const { byteLength, name, open } = source;
  if (byteLength === undefined) {
    throw new Error(`Cannot share out ${name} among several ranks: its length is not known; give files`);
  }
  if (open.file === undefined) return [{ source: index, byteLength }];
  return Array.from({ length: Math.ceil(byteLength / BLOCK_BYTES) }, (_, block) => ({
    source: index,
    block,
    byteLength: Math.min(BLOCK_BYTES, byteLength - block * BLOCK_BYTES),
  }));
}

/** Units that follow each other in one file are one source. */
function toSources(units: readonly Unit[], sources: readonly TextSource[]): TextSource[] {
  const bySource = new Map<number, Unit[]>();
  for (const unit of units) {
    const own = bySource.get(unit.source);
    if (own) own.push(unit);
    else bySource.set(unit.source, [unit]);
  }
  return [...bySource].map(([index, own]) => {
    const source = sources[index];
    const [{ block: first }] = own;
    if (first === undefined) return source;
    const part = { first, end: first + own.length, fileByteLength: source.byteLength! };
    const open: TextSource['open'] = Object.assign((...args: Parameters<TextSource['open']>) => source.open(...args), {
      file: source.open.file!,
      part,
    });
    return { ...source, open, byteLength: own.reduce((sum, { byteLength }) => sum + byteLength, 0) };
  });
}
