import { BOOLEAN, integerFrom, NOT_EMPTY, type OptionRule, type OptionRules, SIGNAL } from '../text/check-options.ts';
import type { PgliteModules } from './pglite-connection.ts';

/** Limits of a server; an embedded database has `signal` only. */
export interface PostgresOptions {
  /** How long a new connection may take; by `connect_timeout` of the URL if omitted, else 15. */
  readonly connectSeconds?: number | undefined;
  /** How long a statement may take; 120 if omitted. */
  readonly statementSeconds?: number | undefined;
  /** Gives up what runs and all that is called later. */
  readonly signal?: AbortSignal | undefined;
}

/** How vectors in memory are scanned. */
export interface ScanOptions {
  /**
   * Threads that scan 131,072 vectors or more with the one that asks (Node only, up to 16): it does not wait for them. If omitted,
   * as many as there are other processors, 3 at most; 0 for none. They end with `close`.
   */
  readonly scanHelpers?: number | undefined;
}

/** How a store is opened. */
export interface TextStoreOptions extends PostgresOptions, ScanOptions {
  /** Lower-case letters, digits and _; `texts` if omitted. */
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

const SECONDS: OptionRule = {
  wanted: 'more than 0, at most 1000000',
  accepts: (value) => typeof value === 'number' && value > 0 && value <= 1e6,
};

const MODULES: OptionRule = {
  wanted: '{ PGlite, vector }',
  accepts: (value) => typeof (value as PgliteModules | null)?.PGlite === 'function',
};

export const SCAN_RULES: OptionRules<ScanOptions> = {
  scanHelpers: integerFrom(0, 16),
};

export const TEXT_STORE_RULES: OptionRules<TextStoreOptions> = {
  ...SCAN_RULES,
  collection: NOT_EMPTY,
  mustExist: BOOLEAN,
  upgrade: BOOLEAN,
  pglite: MODULES,
  connectSeconds: SECONDS,
  statementSeconds: SECONDS,
  signal: SIGNAL,
};
