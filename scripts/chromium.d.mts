import type { Browser } from 'playwright-core';

/** Where Chromium is; undefined if it is not installed. */
export const chromiumPath: string | undefined;
/** Starts Chromium without what is of use to nobody in tests, with more arguments. */
export function launchChromium(args?: readonly string[]): Promise<Browser>;
