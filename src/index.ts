// The list of `wordkin`, the same in Node and in browsers, with the types of both. What an environment does in its own way is
// declared in environment/ and written in node/ and browser/, whose entries add it to this list.
//
//   TextSource → tokens → Vocabulary → EncodedCorpus → training → EmbeddingModel → SentenceEncoder

export * from './entries/evaluation.ts';
export * from './entries/formats.ts';
export * from './entries/model.ts';
export * from './entries/search.ts';
export * from './entries/sentences.ts';
export * from './entries/store.ts';
export * from './entries/text.ts';
export * from './entries/training.ts';
