import { defineCollector } from '../api.ts';
import { readTopology } from '../parse/nvidia-smi/topology.ts';

const DEADLINE_MS = 25_000;

/** Which NIC is near which GPU. It changes with the hardware only, or when a device vanishes. */
export const topology = defineCollector({
  apiVersion: 1,
  id: 'nvidia-smi-topo',
  provides: ['rails'],
  reads: 'nvidia-smi topo -m',
  schedule: { everySeconds: 3600 },
  sheddable: true,
  deadlineMs: DEADLINE_MS,
  async collect(host) {
    const run = await host.run('nvidia-smi', ['topo', '-m'], { deadlineMs: DEADLINE_MS });
    return { rails: run.ok ? readTopology(run.value) : run };
  },
});
