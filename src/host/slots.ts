/** Runs one task at a time under each name; a task under one name never waits for another name. */
export interface Slots {
  /** `undefined` when the slot did not come free within `waitMs`. */
  acquire(name: string, waitMs: number): Promise<(() => void) | undefined>;
}

export const createSlots = (): Slots => {
  const waiting = new Map<string, (() => void)[]>();

  const releaseOnce = (name: string): (() => void) => {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = waiting.get(name)?.shift();
      if (next === undefined) waiting.delete(name);
      else next();
    };
  };

  return {
    acquire: (name, waitMs) => {
      const queue = waiting.get(name);
      if (queue === undefined) {
        waiting.set(name, []);
        return Promise.resolve(releaseOnce(name));
      }
      return new Promise((resolve) => {
        const turn = (): void => {
          clearTimeout(timer);
          resolve(releaseOnce(name));
        };
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(turn), 1);
          resolve(undefined);
        }, waitMs);
        queue.push(turn);
      });
    },
  };
};
