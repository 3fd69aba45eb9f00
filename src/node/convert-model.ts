import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Conversion, ConvertOptions } from '../environment/model-files.ts';
import { floatContents } from '../model/embedding-model.ts';
import { LOAD_RULES } from '../model/formats/read-model-from.ts';
import { formatByName, formatNamed, MODEL_FORMATS } from '../model/formats/writable-formats.ts';
import { lossesIn } from '../model/formats/write-model.ts';
import { checkOptions, type OptionRules, oneOf } from '../text/check-options.ts';
import { counted } from '../text/counted.ts';
import { showValue } from '../text/show-value.ts';
import { loadModel, saveModel } from './model-files.ts';
import { checkModelOutput } from './output-target.ts';

const RULES: OptionRules<ConvertOptions> = { ...LOAD_RULES, format: oneOf(MODEL_FORMATS) };

/** See src/environment/model-files.ts. */
export async function convertModel(
  input: string | URL,
  output: string,
  options: ConvertOptions = {},
): Promise<Conversion> {
  if (typeof output !== 'string') throw new TypeError(`"output" must be a path, got ${showValue(output)}`);
  checkOptions(options, RULES);
  const { format = formatByName(output), ...read } = options;
  const place = input instanceof URL && input.protocol === 'file:' ? fileURLToPath(input) : String(input);
  await checkModelOutput(output, { format, inputs: [place] });
  const model = await loadModel(input, read);
  await saveModel(model, output, format);
  const { readPath, rows } = formatNamed(format);
  const back = await loadModel(readPath?.(output) ?? output);

  const rowOf = rows?.(floatContents(model.contents)) ?? ((id: number) => model.row(id));
  const dimensions = rowOf(0).length;
  const hash = createHash('sha256');
  const hashRead = createHash('sha256');
  let comparedRows = 0;
  let equalRows = 0;
  let largestError = 0;
  for (let id = 0; id < model.size; id++) {
    const word = model.words[id];
    const row = rowOf(id);
    const found = back.find(word);
    hash.update(word).update('\0').update(bytesOf(row));
    if (found === undefined) continue;
    const read = back.row(found);
    hashRead.update(back.words[found]).update('\0').update(bytesOf(read));
    comparedRows++;
    let error = 0;
    for (let d = 0; d < dimensions; d++) {
      // NaN and infinity come back as they are; −0 and 0 are as good as each other in text.
      if (!Object.is(row[d], read[d]) && row[d] !== read[d])
        error = Math.max(error, Math.abs(row[d] - read[d]) || Infinity);
    }
    if (error === 0) equalRows++;
    largestError = Math.max(largestError, error);
  }
  if (comparedRows < model.size || back.size !== model.size || back.dimensions !== dimensions) {
    throw new Error(
      `Cannot convert "${input}": ${counted(model.size, 'word')} × ${counted(dimensions, 'dimension')} were written, "${output}" gives back ${comparedRows} of them, ${back.size} × ${back.dimensions} in all`,
    );
  }
  return {
    words: model.size,
    dimensions,
    format,
    lost: lossesIn(model.contents, format),
    warnings: model.contents.warnings ?? [],
    comparedRows,
    equalRows,
    largestError,
    hash: hash.digest('hex'),
    hashRead: hashRead.digest('hex'),
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
