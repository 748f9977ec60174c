/** Adds up how long steps take. */
export class Stopwatch {
  #milliseconds = 0;

  get seconds(): number {
    return this.#milliseconds / 1000;
  }

  add(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }

  async time<T>(step: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await step();
    } finally {
      this.add(performance.now() - startedAt);
    }
  }
}
