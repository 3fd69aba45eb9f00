// The part of `wordkin/model` that is the same everywhere, for a page that loads dist/ by paths, without a bundler.
export * from './entries/model.ts';
