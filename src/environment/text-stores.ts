// What Node and pages do each in their own way: declared here once, written in node/ and browser/.
import type { PgliteModules } from '../store/pglite-connection.ts';
import type { TextStore } from '../store/text-store.ts';

/** Limits of a server; an embedded database has `signal` only. */
export interface PostgresOptions {
  /** How long a new connection may take; 15 if absent. */
  readonly connectSeconds?: number | undefined;
  /** How long a statement may take; 120 if absent. */
  readonly statementSeconds?: number | undefined;
  /** Gives up what runs and all that is called later. */
  readonly signal?: AbortSignal | undefined;
}

/** How a store is opened. */
export interface TextStoreOptions extends PostgresOptions {
  /** Lower-case letters, digits and _; `texts` if absent. */
  readonly collection?: string | undefined;
  /** Refuse a folder or a collection that is not there, in place of making one (Node only). */
  readonly mustExist?: boolean | undefined;
  /** Bring a collection that version 0.1 wrote over to the format of this one, in place of refusing it. */
  readonly upgrade?: boolean | undefined;
  /**
   * For a page: `PGlite` of the package @electric-sql/pglite and `vector` of @electric-sql/pglite-pgvector, imported by the page,
   * so that its bundler finds them. If absent, an import map must name the two packages. Node finds them by itself.
   */
  readonly pglite?: PgliteModules | undefined;
}

/**
 * Opens a store of texts, made if it is not there: an embedded PostgreSQL that keeps them in a folder (in a page: in
 * IndexedDB, under the name `database`), or in Node also a server by its URL (postgres://user@host/database), which needs
 * the extension vector (pgvector).
 *
 * @throws Error if the store is used by another process or page or holds something else, if the server cannot be reached, or
 * if an optional package is missing
 */
export declare function openTextStore(database: string, options?: TextStoreOptions): Promise<TextStore>;
