import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BytePages, byteIn, wordIn } from './byte-pages.ts';

it('BytePages gives each place room of its own, whatever its size', () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(65_535, 65_536, 65_540, 131_072, 200_001));
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 60 }), (sizes) => {
      const pages = new BytePages();
      const addresses = sizes.map((byteLength, i) => {
        const address = pages.append(byteLength);
        pages.bytes(address).fill(1 + i, byteIn(address), byteIn(address) + byteLength);
        return address;
      });
      const wrong = addresses.filter((address, i) => {
        const place = pages.bytes(address).subarray(byteIn(address), byteIn(address) + sizes[i]);
        return Buffer.compare(place, Buffer.alloc(sizes[i], 1 + i)) !== 0;
      });
      expect(wrong).toEqual([]);
      // Four bytes are a word of 32 bits.
      const [first] = addresses;
      if (sizes[0] >= 4) expect(pages.words(first)[wordIn(first)]).toBe(0x01010101);
    }),
  );
});
