import { mayCompile } from './wasm-module.ts';

/** @throws Error where WebAssembly may not be compiled or has no memory */
export function refuseWithoutWasm(): void {
  if (!mayCompile())
    throw new Error(
      'Cannot use WebAssembly: it may not be compiled here (a page may need "wasm-unsafe-eval" in its Content-Security-Policy), or the limit of memory (ulimit -v) is below its 10 GB',
    );
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
    const mebibytes = Math.ceil(descriptor.initial / 16);
    throw new RangeError(
      `Cannot allocate ${mebibytes} MiB for WebAssembly: the system refused them; free some, or raise the limit (ulimit -v) by 10 GB`,
      { cause },
    );
  }
}
