import { mayCompile } from './wasm-module.ts';

const REFUSED =
  'Cannot use WebAssembly: it may not be compiled here (a page may need "wasm-unsafe-eval" in its Content-Security-Policy), or the system refused its memory; free some, or raise ulimit -v by 10 GB';

/** @throws Error where WebAssembly may not be compiled or has no memory */
export function refuseWithoutWasm(): void {
  if (!mayCompile()) throw new Error(REFUSED);
}

/**
 * The memory of a kernel that has no plain version.
 *
 * @throws Error where there is no WebAssembly, RangeError where the system refuses the memory
 */
export function wasmMemory(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
  refuseWithoutWasm();
  try {
    return new WebAssembly.Memory(descriptor);
  } catch (cause) {
    throw new RangeError(REFUSED, { cause });
  }
}
