import { defineCollector } from '../api.ts';
import { readNvidiaSmi } from '../parse/nvidia-smi/read.ts';

// Without persistence mode the driver initialises every GPU anew, 1 to 3 seconds each (docs.nvidia.com/deploy/
// driver-persistence): 8 × 3 s. Below the period, so that a slow answer never meets the next question.
const DEADLINE_MS = 25_000;

/** Every GPU and the driver, from one call. */
export const nvidiaSmi = defineCollector({
  apiVersion: 1,
  id: 'nvidia-smi',
  provides: ['gpus', 'driver'],
  reads: 'nvidia-smi -q -x',
  schedule: { everySeconds: 30 },
  deadlineMs: DEADLINE_MS,
  async collect(host) {
    const run = await host.run('nvidia-smi', ['-q', '-x'], { deadlineMs: DEADLINE_MS });
    return run.ok ? readNvidiaSmi(run.value) : { gpus: run, driver: run };
  },
});
