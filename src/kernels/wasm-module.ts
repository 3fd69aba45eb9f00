/** A kernel's bytes in hexadecimal (which gzip packs better than base64), built with and without fused multiply-add. */
export interface KernelBytes {
  readonly simd: string;
  readonly relaxedSimd: string;
}

const compiled = new Map<string, WebAssembly.Module>();

/** Compiles an embedded kernel once; a few kilobytes, about 1 ms. Whoever calls it asks `mayCompile` before, or `refuseWithoutWasm`. */
export function wasmModule(bytes: KernelBytes, relaxedSimd = hasRelaxedSimd()): WebAssembly.Module {
  const text = relaxedSimd ? bytes.relaxedSimd : bytes.simd;
  let module = compiled.get(text);
  if (!module) {
    module = new WebAssembly.Module(bytesOf(text));
    compiled.set(text, module);
  }
  return module;
}

/** Digits 0 to 9 and a to f, whose codes are above 64. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = text.charCodeAt(2 * i);
    const low = text.charCodeAt(2 * i + 1);
    bytes[i] = (((high & 15) + 9 * (high >> 6)) << 4) | ((low & 15) + 9 * (low >> 6));
  }
  return bytes;
}

let compiles: boolean | undefined;

/**
 * Whether WebAssembly may be compiled here and has memory: not in Cloudflare Workers, in a page whose Content-Security-Policy lacks
 * "wasm-unsafe-eval", nor in a process of few addresses (`ulimit -v`). What answers queries has a plain version for these.
 */
export function mayCompile(): boolean {
  if (compiles === undefined) {
    try {
      compiles = Boolean(new WebAssembly.Module(EMPTY_MODULE) && new WebAssembly.Memory({ initial: 1 }));
    } catch {
      compiles = false;
    }
  }
  return compiles;
}

const EMPTY_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/** Whether f32x4.relaxed_madd is there: by default in Node 22 and later, in Chromium 114 and later. */
export function hasRelaxedSimd(): boolean {
  // (module (func (result v128) i32.const 0 i8x16.splat ×3 f32x4.relaxed_madd))
  return WebAssembly.validate(RELAXED_SIMD_PROBE);
}

const RELAXED_SIMD_PROBE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65,
  0, 253, 15, 253, 133, 2, 11,
]);

/**
 * Whether i32x4.relaxed_dot_i8x16_i7x16_add_s is there and right: Node 20 has it by a flag, but takes its first operand for
 * the one without a sign.
 */
export function hasRelaxedDotProducts(): boolean {
  if (!mayCompile() || !WebAssembly.validate(RELAXED_DOT_PRODUCT_PROBE)) return false;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(RELAXED_DOT_PRODUCT_PROBE));
  return (exports.f as () => number)() === -4;
}

// (module (func (export "f") (result i32) i32.const -1 i8x16.splat i32.const 1 i8x16.splat i32.const 0 i32x4.splat
// i32x4.relaxed_dot_i8x16_i7x16_add_s i32x4.extract_lane 0))
const RELAXED_DOT_PRODUCT_PROBE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 22, 1, 20, 0, 65, 127,
  253, 15, 65, 1, 253, 15, 65, 0, 253, 17, 253, 147, 2, 253, 27, 0, 11,
]);
