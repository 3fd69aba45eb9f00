import type { Command } from 'commander';
import { loadModel, QuantizedVectors } from '../node/index.ts';
import { print } from './output.ts';

export function addInfoCommand(program: Command): void {
  program
    .command('info')
    .description('what a model holds and how it was trained')
    .argument('<model>')
    .option('--verify', 'compare all of the file with the hash of its content, and look at each value')
    .action(async (path: string, { json, verify }: { json?: boolean; verify?: boolean }) => {
      const { contents } = await loadModel(path, { verify });
      const {
        words,
        dimensions,
        inputVectors,
        counts,
        outputVectors,
        subwords,
        tokenizer,
        classifier,
        training,
        warnings,
      } = contents;
      const { phrases, definition, dictionary, ...plainTokenizer } = tokenizer ?? {};
      const result = {
        words: words.length,
        dimensions,
        firstWords: words.slice(0, 10),
        vectors: inputVectors instanceof QuantizedVectors ? inputVectors.quantization : 'float32',
        counts: counts !== undefined,
        outputVectors: outputVectors !== undefined,
        // Thousands of pairs tell a reader less than how many there are.
        tokenizer: tokenizer && {
          ...plainTokenizer,
          ...(phrases && { phrases: phrases.map((pairs) => pairs.length) }),
          ...(dictionary !== undefined && { dictionary: dictionary.split('\n').length - 1 }),
          ...(definition && { definition: 'tokenizer.json' }),
        },
        ngrams: subwords?.buckets.length,
        labels: classifier?.labels.length,
        training,
        warnings,
      };
      const lines = Object.entries(result)
        .filter(([, value]) => value !== undefined && String(value) !== '')
        .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
      print(json, result, lines.join('\n'));
    });
}
