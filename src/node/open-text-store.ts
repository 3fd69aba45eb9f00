import './scan-threads.ts';

/** See src/environment/text-stores.ts. What opens stores is loaded here: most programs need none. */
export const openTextStore: typeof import('./text-stores.ts')['openTextStore'] = async (...request) =>
  (await import('./text-stores.ts')).openTextStore(...request);
