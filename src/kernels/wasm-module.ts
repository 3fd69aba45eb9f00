/** A kernel's bytes in base64, built with and without fused multiply-add. */
export interface KernelBytes {
  readonly simd: string;
  readonly relaxedSimd: string;
}

const compiled = new Map<string, WebAssembly.Module>();

/**
 * Compiles an embedded kernel once; a few kilobytes, about 1 ms.
 *
 * @throws Error where WebAssembly has no SIMD (Node before 16, browsers before 2023)
 */
export function wasmModule(bytes: KernelBytes, relaxedSimd = hasRelaxedSimd()): WebAssembly.Module {
  const base64 = relaxedSimd ? bytes.relaxedSimd : bytes.simd;
  let module = compiled.get(base64);
  if (!module) {
    module = new WebAssembly.Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
    compiled.set(base64, module);
  }
  return module;
}

/** Whether f32x4.relaxed_madd is there: by default in Node 22 and later, in Chromium 114 and later. */
export function hasRelaxedSimd(): boolean {
  // (module (func (result v128) i32.const 0 i8x16.splat ×3 f32x4.relaxed_madd))
  return WebAssembly.validate(RELAXED_SIMD_PROBE);
}

const RELAXED_SIMD_PROBE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65,
  0, 253, 15, 253, 133, 2, 11,
]);
