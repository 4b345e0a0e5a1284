import { createHash } from 'node:crypto';
import { createTask, type ScheduledTask } from 'node-cron';

export interface Scheduler {
  /** Runs the task every so many seconds, first after a whole period and a phase that follows from the node's name. */
  every(id: string, seconds: number, task: () => Promise<void>): void;
  /** Runs the task on a cron schedule. The task owns its deadline: node-cron never starts one again that does not settle. */
  cron(id: string, expression: string, task: () => Promise<void>): void;
  /** When a task last began (Unix ms of `now`); a health endpoint sees by it that the scheduler turns. */
  lastTurnAt(): number;
  stop(): void;
}

/** A fleet that starts at once must not sample at once: each node takes its own place in the period. */
export const phaseOf = (node: string, id: string, seconds: number): number => {
  const hash = createHash('sha256').update(`${node}/${id}`).digest().readUInt32BE(0);
  return (hash / 2 ** 32) * seconds;
};

export const createScheduler = (o: {
  readonly node: string;
  readonly now: () => number;
  readonly onError: (id: string, error: unknown) => void;
}): Scheduler => {
  const timers = new Set<NodeJS.Timeout>();
  const tasks: ScheduledTask[] = [];
  const running = new Set<string>();
  let turnedAt = o.now();

  const runOnce = async (id: string, task: () => Promise<void>): Promise<void> => {
    turnedAt = o.now();
    if (running.has(id)) return;
    running.add(id);
    try {
      await task();
    } catch (error) {
      o.onError(id, error);
    } finally {
      running.delete(id);
    }
  };

  return {
    every: (id, seconds, task) => {
      const first = setTimeout(
        () => {
          timers.delete(first);
          void runOnce(id, task);
          const timer = setInterval(() => void runOnce(id, task), seconds * 1000);
          timers.add(timer);
        },
        (seconds + phaseOf(o.node, id, seconds)) * 1000,
      );
      timers.add(first);
    },
    cron: (id, expression, task) => {
      const scheduled = createTask(expression, () => runOnce(id, task), { name: id, noOverlap: true });
      tasks.push(scheduled);
      void scheduled.start();
    },
    lastTurnAt: () => turnedAt,
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      for (const task of tasks) void task.destroy();
    },
  };
};
