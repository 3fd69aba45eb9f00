// A service worker for hosts that cannot set headers: it adds those of cross-origin isolation, which threads need, and the policy of each
// file. It keeps nothing. `wordkin page` sends the same headers itself (src/node/page-server.ts).
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.cache === 'only-if-cached' && request.mode !== 'same-origin') return;
  if (new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(fetch(request).then(isolated));
});

function isolated(response) {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  // The database alone evaluates code: its worker has a policy of its own.
  const database = /\/search-worker[^/]*\.js$/.test(new URL(response.url).pathname);
  headers.set(
    'Content-Security-Policy',
    database ? POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'") : POLICY,
  );
  const { status, statusText } = response;
  return new Response([101, 204, 205, 304].includes(status) ? null : response.body, { status, statusText, headers });
}
