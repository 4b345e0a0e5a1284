import type { MetricsOptions } from '../../src/metrics/render.ts';
import { NOW } from '../support/healthy-gpu.ts';

export const METRICS: MetricsOptions = {
  version: '0.1.0',
  nodejsVersion: '20.20.2',
  configReloadOk: true,
  enforcementEnabled: true,
  detail: 'standard',
  maxSeries: 5000,
  agent: {
    reloadedAt: NOW - 3_600_000,
    cpuSeconds: 12.5,
    residentBytes: 81_000_000,
    openDescriptors: 29,
    loopDelaySeconds: 0.004,
    events: { durable: true, bytes: 1735, notDurable: 0 },
    eventsTold: 17,
    shed: ['hwmon'],
    steps: { accepted: 120, refused: { malformed: 2, rate: 1 } },
  },
  validations: [{ level: 'prejob', verdict: 'PASS', endedAt: NOW, durationSeconds: 5.3 }],
};
