import { absent, defineCollector } from '../api.ts';
import { readNvLinks } from '../parse/nvidia-smi/nvlink.ts';

// Two calls, each as slow as `nvidia-smi -q -x` at worst, within the period of a minute.
const CALL_DEADLINE_MS = 25_000;

/** The NVLinks of every GPU and their error counters. */
export const nvlink = defineCollector({
  apiVersion: 1,
  id: 'nvidia-smi-nvlink',
  provides: ['nvlinks'],
  reads: 'nvidia-smi nvlink -s, nvidia-smi nvlink -e',
  schedule: { everySeconds: 30 },
  sheddable: true,
  deadlineMs: 2 * CALL_DEADLINE_MS,
  async collect(host, signal) {
    const status = await host.run('nvidia-smi', ['nvlink', '-s'], { deadlineMs: CALL_DEADLINE_MS });
    if (!status.ok) return { nvlinks: status };
    const errors = signal.aborted
      ? absent('timeout', 'nvidia-smi nvlink -e was not asked: no time was left')
      : await host.run('nvidia-smi', ['nvlink', '-e'], { deadlineMs: CALL_DEADLINE_MS });
    return { nvlinks: readNvLinks(status.value, errors) };
  },
});
