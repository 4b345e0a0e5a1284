import { defineCollector, known, NODE } from '../api.ts';
import { PROPERTIES, readServices } from '../parse/systemctl-show.ts';

/**
 * Asked by name besides: systemd forgets a unit that is not installed, masked, or disabled and stopped, and a pattern finds
 * only what it has loaded.
 */
const NVIDIA = [
  'nvidia-fabricmanager.service',
  'nvidia-persistenced.service',
  'nvidia-imex.service',
  'nvidia-dcgm.service',
];

const ARGS = ['show', '--no-pager', `--property=${PROPERTIES.join()}`, '*.service', ...NVIDIA];

const DEADLINE_MS = 5_000;
// 200 bytes a unit; a node has some 200 services.
const MAX_BYTES = 1 << 20;

/** The services of systemd: one question to PID 1 for all of them. */
export const services = defineCollector({
  apiVersion: 1,
  id: 'services',
  provides: ['services'],
  reads: `systemctl show '*.service'`,
  // PID 1 answers for each unit apart, about a millisecond a unit (measured, systemd 252).
  schedule: { everySeconds: 45 },
  sheddable: true,
  deadlineMs: DEADLINE_MS,
  async collect(host) {
    const run = await host.run('systemctl', ARGS, { deadlineMs: DEADLINE_MS, maxBytes: MAX_BYTES });
    const units = run.ok ? readServices(run.value) : run;
    return { services: units.ok ? known({ ref: NODE, units: units.value }) : units };
  },
});
