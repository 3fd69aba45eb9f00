import { expect, it, vi } from 'vitest';
import { wasmMemory } from './wasm-memory.ts';

it('memory that the system refuses is told with what to do', () => {
  expect(wasmMemory({ initial: 1 }).buffer.byteLength).toBe(65_536);
  const refusal = vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
    throw new RangeError('WebAssembly.Memory(): could not allocate memory');
  });
  try {
    expect(() => wasmMemory({ initial: 17 })).toThrow(
      /^Cannot use WebAssembly: .* the system refused its memory; .*ulimit -v/,
    );
  } finally {
    refusal.mockRestore();
  }
});
