import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createTasksCollector } from '../../src/collectors/tasks.ts';
import { createMachineHost } from '../../src/host/machine.ts';
import { noDState, startStuckProcess, withFrozenDirectory } from '../support/dstate.ts';

const { signal } = new AbortController();
const reason = noDState();

it.skipIf(reason !== undefined)(
  `a process that waits for a frozen file system is seen to be stuck${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  async () => {
    const host = createMachineHost();
    try {
      await withFrozenDirectory(async (frozen) => {
        const pid = await startStuckProcess(frozen);
        const collector = createTasksCollector();
        const look = async () => {
          const { tasks } = await collector.collect(host, signal);
          if (!tasks.ok || !tasks.value.stuck.ok) throw new Error('no tasks');
          return tasks.value.stuck.value.find((task) => task.pid === pid);
        };
        expect(await look()).toMatchObject({ name: 'touch', stuckSeconds: 0 });
        await wait(1000);
        expect((await look())?.stuckSeconds).toBeGreaterThan(0.9);
        frozen.thaw();
        await wait(200);
        expect(await look()).toBeUndefined();
      });
    } finally {
      host.close();
    }
  },
  30_000,
);
