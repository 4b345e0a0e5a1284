import { writeSync } from 'node:fs';
import { openEventLog } from '../../src/store/event-log.ts';

/** Appends events in bursts for ever and prints the ids of each burst once they are acknowledged; for kill -9. */
const main = async (): Promise<void> => {
  const log = await openEventLog({ directory: process.argv[2] ?? '', segmentBytes: 64 << 10 });
  let next = (await log.query({ limit: 1 })).at(-1)?.id ?? 0;
  for (let burst = 1; ; burst = (burst % 40) + 1) {
    const ids = Array.from({ length: burst }, () => {
      next += 1;
      const message = `event ${next} ${'x'.repeat((next * 37) % 900)}`;
      return log.append({ at: new Date().toISOString(), node: 'n', boot_id: 'b', type: 'kernel_event', message }).id;
    });
    if (await log.flushed()) writeSync(1, ids.map((id) => `${id}\n`).join(''));
  }
};
void main();
