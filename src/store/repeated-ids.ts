const FIRST_SLOTS = 1 << 10;

/**
 * Finds ids that come again. It keeps 64 bits of each id, so that ten million take 134 MB; that two different ones are taken for
 * one has a chance of less than 1 in 300,000 then.
 */
export class RepeatedIds {
  /** Two a slot; 0 and 0 in an empty one. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #size = 0;
  /** How many came again. */
  count = 0;
  /** The first that came again. */
  example: string | undefined;

  add(id: string): void {
    let [high, low] = [0x9747b28c, 0x3243f6a9];
    for (let i = 0; i < id.length; i++) {
      const unit = id.charCodeAt(i);
      high = mixed(high ^ unit, 0x85ebca6b);
      low = mixed(low ^ unit, 0xc2b2ae35);
    }
    [high, low] = [mixed(high ^ id.length, 0x9e3779b1) >>> 0, (mixed(low ^ id.length, 0x27d4eb2f) | 1) >>> 0];
    if (!this.#insert(high, low)) {
      this.count++;
      this.example ??= id;
      return;
    }
    this.#size++;
    if (4 * this.#size > this.#slots.length) this.#grow(); // half of the slots are in use
  }

  /** False if it is there already. */
  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    const last = slots.length / 2 - 1;
    for (let slot = high & last; ; slot = (slot + 1) & last) {
      const [a, b] = [slots[2 * slot], slots[2 * slot + 1]];
      if (b === 0) {
        slots[2 * slot] = high;
        slots[2 * slot + 1] = low;
        return true;
      }
      if (a === high && b === low) return false;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2) if (before[at + 1] !== 0) this.#insert(before[at], before[at + 1]);
  }
}

function mixed(word: number, multiplier: number): number {
  const product = Math.imul(word, multiplier);
  return product ^ (product >>> 15);
}
