/** Parts that pages take, as code, and the most kB (of 1,000 bytes) of each after gzip. */
export const PAGE_LIMITS: readonly (readonly [name: string, code: string, kilobytes: number])[];
/** The most bytes of an installation without the packages that npm may leave out, and with them. */
export const INSTALLED_LIMITS: { readonly least: number; readonly most: number };
/** What a page loads at first of `code`: minified, and after gzip. */
export function pageBytes(code: string, folder: string): Promise<{ minified: number; gzip: number }>;
/** Bytes of the packages that come along with wordkin on this platform, without wordkin itself. */
export function dependencyBytes(which: { optional: boolean }): Promise<number>;
