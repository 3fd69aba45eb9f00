// Chromium for tests, benchmarks and pictures: where it is, and how it starts without what is of use to nobody there.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const chromiumPath = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

/** Chromium takes the last list of all alone, so that Playwright's own list is said here again. */
const NOT_USED = [
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'LensOverlay'],
  ...['HttpsFirstBalancedModeAutoEnable', 'MediaRouter', 'PaintHolding', 'ThirdPartyStoragePartitioning'],
  ...['AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled'],
  'PreconnectToSearch',
  // Each window loads two pages for the suggestions of its address bar, in a process of its own: half a second of a processor.
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  // A process for a page that may come. Tests start few pages, and wait for each.
  'SpareRendererForSitePerProcess',
];
const ARGUMENTS = [
  ...['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', `--disable-features=${NOT_USED.join(',')}`],
];

/** Starts Chromium, with more arguments. Each test takes a context of its own. */
export function launchChromium(args = []) {
  return chromium.launch({ executablePath: chromiumPath, args: [...ARGUMENTS, ...args] });
}
