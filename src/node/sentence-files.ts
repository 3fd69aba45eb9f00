import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parseRetrievalTask, type RetrievalTask } from '../evaluation/retrieval.ts';
import { type SentencePair, sentencePairsOf } from '../evaluation/sentence-pairs.ts';
import { Random } from '../math/random.ts';
import { sampleSentences } from '../text/sample-sentences.ts';
import type { TextSource } from '../text/text-source.ts';

/** Pairs of sentences with a score, from CSV or, if the name ends in .tsv or .txt, parted by tabs. */
export async function readSentencePairs(path: string): Promise<SentencePair[]> {
  const text = readFileSync(path, 'utf8');
  const options = { bom: true, relax_column_count: true, skip_empty_lines: true };
  const rows: string[][] = /\.csv$/i.test(path)
    ? parse(text, options)
    : parse(text, { ...options, delimiter: '\t', quote: null });
  return sentencePairsOf(rows, `"${path}"`);
}

/** A folder with corpus.jsonl, queries.jsonl and qrels.tsv, as BEIR has it. */
export function readRetrievalTask(folder: string): RetrievalTask {
  const [corpus, queries, judgements] = ['corpus.jsonl', 'queries.jsonl', 'qrels.tsv'].map((name) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      throw new Error(
        `Cannot read "${folder}": it must hold corpus.jsonl, queries.jsonl and qrels.tsv; ${name} is missing`,
        {
          cause: error,
        },
      );
    }
  });
  return parseRetrievalTask(corpus, queries, judgements);
}

/** Sentences of the corpus to fit on, the same each time. */
export function sampleCorpus(sources: readonly TextSource[]): Promise<string[]> {
  const random = new Random(1, 0);
  return sampleSentences(sources, () => random.uniform());
}
