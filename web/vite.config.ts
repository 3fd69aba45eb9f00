import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
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

/** Of the jieba-wasm that the page is built with: another one may cut otherwise. */
function segmenterVersion(): string {
  const folder = dirname(createRequire(import.meta.url).resolve('jieba-wasm/node'));
  return (JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8')) as { version: string }).version;
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  define: { SEGMENTER_VERSION: JSON.stringify(segmenterVersion()) },
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
