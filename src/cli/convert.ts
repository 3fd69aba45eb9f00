import type { Command } from 'commander';
import { type Conversion, convertModel, MODEL_FORMATS, type ModelFormat } from '../node/model.ts';
import { counted } from '../text/counted.ts';
import { createOutput, note, oneOf, toByteLength, toCount } from './output.ts';

interface Options {
  format?: ModelFormat;
  limit?: number;
  maximumUnpacked?: number;
  json?: boolean;
}

export function addConvertCommand(program: Command): void {
  program
    .command('convert')
    .description('a model in another format, read back and compared; tells what the format cannot hold')
    .argument('<input>', 'file, folder or URL; the format is told by its content')
    .argument('<output>', 'its ending tells the format: .safetensors, .bin, .fasttext.bin, .vec, .npy, a folder/ …')
    .option('--format <format>', MODEL_FORMATS.join(', '), oneOf(MODEL_FORMATS))
    .option('--limit <n>', 'only the first n words', toCount)
    .option(
      '--maximum-unpacked <size>',
      'of a compressed input: most bytes that it may unpack to (32 times its size, 1 GB at least)',
      toByteLength,
    )
    .action(async (input: string, output: string, { format, limit, maximumUnpacked, json }: Options) => {
      const result = await convertModel(input, output, { format, limit, maximumUnpackedBytes: maximumUnpacked });
      for (const warning of result.warnings) note(warning);
      createOutput(json).print({ input, output, ...result }, describe(output, result));
    });
}

function describe(output: string, result: Conversion): string {
  const { words, dimensions, format, lost, comparedRows, equalRows, largestError, hash, hashRead } = result;
  const lines = [
    `${output}: ${format}, ${counted(words, 'word')} × ${counted(dimensions, 'dimension')}`,
    `read back: ${equalRows} of ${counted(comparedRows, 'row')} equal to the last bit, largest error ${largestError === 0 ? 0 : largestError.toPrecision(2)}`,
    `sha256 ${hash.slice(0, 16)} written, ${hashRead.slice(0, 16)} read back`,
    ...lost.map((loss) => `not kept: ${loss}`),
  ];
  return lines.join('\n');
}
