import { checkEncoder, type SentenceEncoder } from '../sentences/sentence-encoder.ts';
import { modelNotFound } from './errors.ts';

/** A model under the name by which it is asked for. */
export interface ServedModel {
  readonly name: string;
  readonly encoder: SentenceEncoder;
  /** When it was taken over, in seconds since 1970. */
  readonly created: number;
}

/** The models of a server; one may take the place of another while requests are in work. */
export class ServedModels {
  readonly #models = new Map<string, ServedModel>();

  set(name: string, encoder: SentenceEncoder): ServedModel {
    checkEncoder(encoder);
    const model = { name, encoder, created: Math.floor(Date.now() / 1000) };
    this.#models.set(name, model);
    return model;
  }

  get names(): string[] {
    return [...this.#models.keys()];
  }

  all(): ServedModel[] {
    return [...this.#models.values()];
  }

  /**
   * The model of this name; the first one where none is given.
   *
   * @throws RequestError 404
   */
  get(name?: string): ServedModel {
    const model = name === undefined ? this.all()[0] : this.#models.get(name);
    if (!model) throw modelNotFound(name!.slice(0, 100), this.names);
    return model;
  }
}
