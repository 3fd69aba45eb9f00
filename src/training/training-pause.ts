/**
 * Holds a training and lets it go on, given as the setting `pause`. The blocks in work are ended first. The result is the same
 * as without.
 */
export class TrainingPause {
  readonly #listeners = new Set<() => void>();
  #resume: (() => void) | undefined;
  #paused: Promise<void> | undefined;

  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = new Promise((resolve) => {
      this.#resume = resolve;
    });
    for (const listener of this.#listeners) listener();
  }

  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
  }

  /**
   * For the training: told of each pause that begins.
   *
   * @returns how to listen no longer
   */
  onPause(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For the training: resolves when it may go on, at once where it is not held; also when `signal` aborts. */
  async ended(signal?: AbortSignal): Promise<void> {
    while (this.#paused && !signal?.aborted) {
      const aborted = new Promise<void>((resolve) =>
        signal?.addEventListener('abort', () => resolve(), { once: true }),
      );
      await Promise.race([this.#paused, aborted]);
    }
  }
}
