/** The promise's value, or `late()` once the deadline has passed; the promise itself goes on. */
export const within = <T>(promise: Promise<T>, deadlineMs: number, late: () => T): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(late()), deadlineMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });

/**
 * Acts after `ms`, and then only once pending I/O was delivered: when the event loop was held up, timers come first, and
 * a child that answered in time would look late. Returns what cancels it.
 */
export const afterIo = (ms: number, act: () => void): (() => void) => {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(act);
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
};
