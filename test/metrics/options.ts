import type { MetricsOptions } from '../../src/metrics/render.ts';
import { NOW } from '../support/healthy-gpu.ts';

export const METRICS: MetricsOptions = {
  version: '0.1.0',
  nodejsVersion: '20.20.2',
  configReloadOk: true,
  detail: 'standard',
  maxSeries: 5000,
  validations: [{ level: 'prejob', verdict: 'PASS', endedAt: NOW, durationSeconds: 5.3 }],
};
