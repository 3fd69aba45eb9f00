/** Options of word2vec.c, gensim and fastText by their letters alone, and what they are called here. */
const NAMES: Readonly<Record<string, string>> = {
  size: 'dimensions',
  vectorsize: 'dimensions',
  dim: 'dimensions',
  embeddingsize: 'dimensions',
  ws: 'window',
  windowsize: 'window',
  sg: 'algorithm',
  cbow: 'algorithm',
  skipgram: 'algorithm',
  hs: 'loss',
  cbowmean: 'cbowInput',
  neg: 'negative',
  nsexponent: 'noiseExponent',
  sample: 'subsample',
  t: 'subsample',
  iter: 'epochs',
  niter: 'epochs',
  alpha: 'learningRate',
  lr: 'learningRate',
  minalpha: 'endLearningRate',
  minfreq: 'minCount',
  maxvocabsize: 'maxVocabulary',
  maxfinalvocab: 'maxVocabulary',
  workers: 'threads',
  thread: 'threads',
  minn: 'minNgram',
  maxn: 'maxNgram',
  bucket: 'buckets',
  pretrainedvectors: 'start',
};

/** The letters of an option's name, however a tool writes it: `vector_size`, `-vector-size`, `vectorSize`. */
export function lettersOf(name: string): string {
  return name.replace(/[^a-z]/gi, '').toLowerCase();
}

/** What an option of another tool is called here. */
export function optionOfOtherTool(name: string): string | undefined {
  const letters = lettersOf(name);
  return Object.hasOwn(NAMES, letters) ? NAMES[letters] : undefined;
}
