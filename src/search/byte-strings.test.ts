import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteStrings, byteIn } from './byte-strings.ts';

it('ByteStrings keeps each string, whatever its length', () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(65_535, 65_536, 65_537, 131_072, 200_001));
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 60 }), (sizes) => {
      const strings = new ByteStrings();
      const given = sizes.map((length, i) => new Uint8Array(length + 2).fill(1 + i));
      const addresses = given.map((bytes) => strings.append(bytes, 1, bytes.length - 1));
      const wrong = addresses.filter((address, i) => {
        const place = strings.bytes(address).subarray(byteIn(address), byteIn(address) + sizes[i]);
        return Buffer.compare(place, given[i].subarray(1, -1)) !== 0;
      });
      expect(wrong).toEqual([]);
    }),
  );
});
