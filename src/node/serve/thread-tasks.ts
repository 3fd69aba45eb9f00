import type { SharedModel } from '../../model/share-model.ts';
import type { VectorForm, WrittenVectors } from '../../server/write-vectors.ts';

/** A model that a thread has read. */
export interface LoadedModel {
  readonly shared: SharedModel;
  /** What a user should know of it. */
  readonly warnings: readonly string[];
}

/** Texts that a thread encodes together. */
export interface EncodeTask {
  readonly texts: readonly string[];
  readonly form: VectorForm;
  /** Number of the first text among those of its request. */
  readonly first: number;
}

/** What becomes of a task: an error goes as what is left of it behind a thread. */
export type TaskResult = WrittenVectors | { readonly error: { readonly name: string; readonly message: string } };
