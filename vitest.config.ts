import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Wide: a machine may be slow, or busy with other things.
    testTimeout: 240_000,
    hookTimeout: 300_000,
  },
});
