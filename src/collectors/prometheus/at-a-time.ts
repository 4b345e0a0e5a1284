/** Runs the tasks with at most so many at once; the first failure ends all that have not begun. */
export const atATime = async (tasks: readonly (() => Promise<void>)[], most: number): Promise<void> => {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < tasks.length && !failed) {
      const task = tasks[next++];
      try {
        await task?.();
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, tasks.length) }, worker));
};
