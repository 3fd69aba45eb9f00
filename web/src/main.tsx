import { render } from 'preact';
import { begin } from './actions.ts';
import { App } from './app.tsx';
import './style.css';

const READY_MILLISECONDS = 1500;

/** Where the host sets no headers, a service worker adds them; the page is loaded once more, before anything has begun. */
async function becomeIsolated(): Promise<boolean> {
  if (globalThis.crossOriginIsolated || !('serviceWorker' in navigator) || !globalThis.isSecureContext) return true;
  const tried = 'wordkin isolation';
  try {
    if (sessionStorage.getItem(tried)) return true;
    sessionStorage.setItem(tried, 'tried');
    const ready = navigator.serviceWorker
      .register(new URL('isolation-worker.js', document.baseURI))
      .then(() => navigator.serviceWorker.ready);
    // Where service workers are held back, nothing ever comes: then the page begins without.
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, READY_MILLISECONDS));
    if (!(await Promise.race([ready, late]))) return true;
    location.reload();
    return false;
  } catch {
    return true; // forbidden, or a private window: trained in slices
  }
}

if (await becomeIsolated()) {
  const beginning = begin();
  render(<App />, document.getElementById('app')!);
  await beginning;
}
