import { BytePages } from './byte-pages.ts';

/** Words of 32 bits of a room: 1 to 8, 10, 12, 14, 16, 20, 24 and so on: four between a power of two and the next. */
function roomSize(room: number): number {
  if (room <= 4) return room;
  const power = ((room - 1) >> 2) + 1;
  return (1 << power) + ((((room - 1) & 3) + 1) << (power - 2));
}

/** The smallest room of so many words. */
function roomFor(words: number): number {
  if (words <= 4) return words;
  const power = 31 - Math.clz32(words - 1);
  return 4 * (power - 1) + 1 + ((words - 1 - (1 << power)) >> (power - 2));
}

/** Whether so many words of 32 bits and so many others take the same room. */
export const isSameRoom = (words: number, others: number): boolean => roomFor(words) === roomFor(others);

/** Pages whose places can be given back: each is a room that is at most a quarter larger than what is asked for. */
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
