import { createHash } from 'node:crypto';
import { createTask, type ScheduledTask, validateDetailed } from 'node-cron';

export interface Scheduler {
  /**
   * Runs the task every so many seconds, first after a whole period and a phase that follows from the node's name. A
   * second call with the same id takes the place of the first; nothing happens where it asks for the same period.
   */
  every(id: string, seconds: number, task: () => Promise<void>): void;
  /** Runs the task on a cron schedule. The task owns its deadline: node-cron never starts one again that does not settle. */
  cron(id: string, expression: string, task: () => Promise<void>): void;
  cancel(id: string): void;
  stop(): void;
}

/** A fleet that starts at once must not sample at once: each node takes its own place in the period. */
export const phaseOf = (node: string, id: string, seconds: number): number => {
  const hash = createHash('sha256').update(`${node}/${id}`).digest().readUInt32BE(0);
  return (hash / 2 ** 32) * seconds;
};

/** What is wrong with a cron expression (five fields, or six that begin with seconds); nothing where it can be used. */
export const cronFault = (expression: string): string | undefined => {
  const { valid, errors } = validateDetailed(expression);
  return valid ? undefined : (errors[0]?.message ?? 'cannot be read');
};

interface Scheduled {
  /** What was asked for, to tell whether another call asks for the same. */
  readonly when: string;
  stop(): void;
}

export const createScheduler = (o: {
  readonly node: string;
  readonly onError: (id: string, error: unknown) => void;
}): Scheduler => {
  const schedules = new Map<string, Scheduled>();
  const running = new Set<string>();

  const runOnce = async (id: string, task: () => Promise<void>): Promise<void> => {
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

  const cancel = (id: string): void => {
    schedules.get(id)?.stop();
    schedules.delete(id);
  };

  const place = (id: string, when: string, start: () => Scheduled['stop']): void => {
    if (schedules.get(id)?.when === when) return;
    cancel(id);
    schedules.set(id, { when, stop: start() });
  };

  return {
    every: (id, seconds, task) => {
      place(id, `every ${seconds} s`, () => {
        let timer = setTimeout(
          () => {
            void runOnce(id, task);
            timer = setInterval(() => void runOnce(id, task), seconds * 1000);
          },
          (seconds + phaseOf(o.node, id, seconds)) * 1000,
        );
        return () => clearTimeout(timer);
      });
    },
    cron: (id, expression, task) => {
      place(id, expression, () => {
        const scheduled: ScheduledTask = createTask(expression, () => runOnce(id, task), { name: id, noOverlap: true });
        void scheduled.start();
        return () => void scheduled.destroy();
      });
    },
    cancel,
    stop: () => {
      for (const id of [...schedules.keys()]) cancel(id);
    },
  };
};
