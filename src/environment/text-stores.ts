// What Node and pages do each in their own way: declared here once, written in node/ and browser/.
import type { TextStoreOptions } from '../store/store-options.ts';
import type { TextStore } from '../store/text-store.ts';

/**
 * Opens a store of texts, made if it is not there: an embedded PostgreSQL that keeps them in a folder (in a page: in
 * IndexedDB, under the name `database`), or in Node also a server by its URL (postgres://user@host/database), which needs
 * the extension vector (pgvector).
 *
 * @throws Error if the store is used by another process or page or holds something else, if the server cannot be reached, or
 * if an optional package is missing
 */
export declare function openTextStore(database: string, options?: TextStoreOptions): Promise<TextStore>;
