import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { samples } from './samples.ts';

/** The sources name the script of a training thread as it is called when it is built; here it is built from its source. */
const threadFromSource: Plugin = {
  name: 'thread-from-source',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/src/browser/training-threads.ts')) return undefined;
    return code.replace("'./training-thread.js'", "'./training-thread.ts'");
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [threadFromSource, samples()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', plugins: () => [threadFromSource] },
  build: {
    outDir: resolve(import.meta.dirname, '../dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    license: { fileName: 'licenses.md' },
  },
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
});
