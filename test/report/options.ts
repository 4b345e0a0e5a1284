import type { VerdictOptions } from '../../src/report/verdict.ts';
import { NOW } from '../support/healthy-gpu.ts';

export const OPTIONS: VerdictOptions = {
  level: 'prejob',
  source: 'run',
  version: '0.1.0',
  startedAt: NOW - 5_300,
  durationSeconds: 5.3,
  ageSeconds: 4,
  failOn: 'critical',
  unknown: 'fail',
  expectGpus: true,
  now: NOW,
};
