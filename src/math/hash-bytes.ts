/** 32 bits, signed, of bytes begin … end − 1: FNV-1a, of which all bits are mixed, so that any of them choose a slot well. */
export function hashBytes(bytes: Uint8Array, begin: number, end: number, seed: number): number {
  let hash = seed;
  for (let i = begin; i < end; i++) hash = Math.imul(hash ^ bytes[i], 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 12);
}
