// `wordkin/store`: texts are kept with their vectors and found again. A database is loaded when a store is opened.
export * from '../environment/text-stores.ts';
export type { AddOptions, AddProgress } from '../store/add-texts.ts';
export { conditionNotes } from '../store/condition-notes.ts';
export { cutParagraphs, type ParagraphOptions } from '../store/cut-paragraphs.ts';
export type { Filter, Operator, Scalar } from '../store/filter.ts';
export { parseFilter } from '../store/filter.ts';
export { MemoryTextStore } from '../store/memory-text-store.ts';
export type { Pglite, PgliteModules } from '../store/pglite-connection.ts';
export { DatabaseUnreachableError } from '../store/sql-connection.ts';
export type { PostgresOptions, ScanOptions, TextStoreOptions } from '../store/store-options.ts';
export type { HitExplanation, TextHit } from '../store/text-hit.ts';
export type {
  TextIndexOptions,
  TextListOptions,
  TextSearchOptions,
} from '../store/text-index.ts';
export { TextIndex } from '../store/text-index.ts';
export type { TextSnippet } from '../store/text-snippet.ts';
export type {
  EncodedText,
  JsonValue,
  ListOptions,
  Metadata,
  Metric,
  ModelIdentity,
  OptimizeOptions,
  OptimizeProgress,
  SearchKind,
  TextRecord,
  TextStore,
  VectorHit,
  VectorQuery,
  WordQuery,
  WordScore,
} from '../store/text-store.ts';
export { METRICS, TextDataError } from '../store/text-store.ts';
