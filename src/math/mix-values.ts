/** Mixes the bits of all values, in their order, into a state of two words: twice MurmurHash3 (Appleby 2011), the second with constants of its own. */
export function mixValues(state: Uint32Array, values: Float32Array): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let [a, b] = [state[0] | 0, state[1] | 0];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    let k = Math.imul(word, 0xcc9e2d51);
    a ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    a = (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
    k = Math.imul(word, 0x85ebca6b);
    b ^= Math.imul((k << 16) | (k >>> 16), 0xc2b2ae35);
    b = (Math.imul((b << 11) | (b >>> 21), 5) + 0x52dce729) | 0;
  }
  state[0] = a;
  state[1] = b;
}
