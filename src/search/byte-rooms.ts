import { BytePages } from './byte-pages.ts';

/** Words of 32 bits of a room: 1, 2, 3, 4, 6, 8, 12 and so on. */
const roomSize = (room: number): number => (room === 1 ? 1 : (2 + (room & 1)) << ((room >> 1) - 1));

/** The smallest room of so many words. */
function roomFor(words: number): number {
  if (words <= 2) return words;
  const power = 31 - Math.clz32(words - 1);
  return 2 * power + (words <= 3 << (power - 1) ? 1 : 2);
}

/** Whether so many words of 32 bits and so many others take the same room. */
export const isSameRoom = (words: number, others: number): boolean => roomFor(words) === roomFor(others);

/** Pages whose places can be given back: each is a room that is at most half as large again as what is asked for. */
export class ByteRooms extends BytePages {
  /** Addresses of rooms that are free again, by room. */
  readonly #free: number[][] = [];

  /** A place for so many words of 32 bits. */
  allocate(words: number): number {
    const room = roomFor(words);
    return this.#free[room]?.pop() ?? this.append(4 * roomSize(room));
  }

  /** @param words - for so many, or for as many as take the same room, it was allocated */
  release(words: number, address: number): void {
    const room = roomFor(words);
    this.#free[room] ??= [];
    this.#free[room].push(address);
  }
}
