import { describe, expect, it } from 'vitest';
import acsEnabled from '../../../checks/host/acs-enabled.ts';
import kernelModulesMissing from '../../../checks/host/kernel-modules-missing.ts';
import memoryErrors from '../../../checks/host/memory-errors.ts';
import servicesDown from '../../../checks/host/services-down.ts';
import { type AnyCheck, absent, type Counter, known, type PciBridge, type Service } from '../../../src/api.ts';
import { NOW, nodeRef, profileOf, specified } from '../../support/healthy-gpu.ts';
import type { GivenFacts } from '../../support/judge.ts';
import { type TruthOptions, truthOf } from '../../support/truth.ts';

const increase = known({ by: 0, seconds: 60, resets: 0 });
const counter: Counter = {
  total: known(12),
  increase: { interval: increase, '15m': increase, '1h': increase, '24h': increase },
};
const kernelLog = { events: [], lost: 0, since: NOW - 86_400_000 };

const bridge = (address: string, below: string): PciBridge => ({
  address,
  portType: known('Downstream Port'),
  below: [below],
  redirects: known(false),
  controls: known('ReqRedir- CmpltRedir-'),
});
const pciGpu = (pciBusId: string) => ({
  ref: { kind: 'gpu' as const, key: `gpu:${pciBusId}`, pciBusId },
  pciDeviceId: known('0x2330'),
  boundDriver: known('nvidia'),
  upstreamPort: known('0000:1a:01.0'),
  pcie: {
    generation: known(5),
    maxGeneration: known(5),
    width: known(16),
    maxWidth: known(16),
    replays: counter,
    aer: { correctable: counter, nonfatal: counter, fatal: counter },
  },
});

const service: Service = {
  loadState: 'loaded',
  activeState: 'active',
  subState: 'running',
  unitFileState: known('enabled'),
  result: known('success'),
  restarts: counter,
};

const CASES: readonly [AnyCheck, GivenFacts, TruthOptions?][] = [
  [
    memoryErrors,
    {
      kernelLog,
      memoryControllers: { ref: nodeRef, controllers: { mc0: { correctable: counter, uncorrectable: counter } } },
    },
  ],
  [
    servicesDown,
    { services: { ref: nodeRef, units: { 'nvidia-fabricmanager.service': service } }, profile: profileOf() },
    { except: ['profile'] },
  ],
  [
    kernelModulesMissing,
    {
      kernelModules: { ref: nodeRef, loaded: known(['nvidia_peermem']), present: known(['printk']) },
      kernelLog,
      profile: profileOf({ kernelModules: specified(['nvidia_peermem']) }),
    },
    { except: ['profile'] },
  ],
  [
    acsEnabled,
    {
      pciAcs: {
        ref: nodeRef,
        bridges: [bridge('00000000:17:00.0', '00000000:1B:00.0'), bridge('00000000:17:01.0', '00000000:1C:00.0')],
      },
      pciGpus: [pciGpu('00000000:1B:00.0'), pciGpu('00000000:1C:00.0')],
      nics: absent('no-device', 'no RDMA device'),
    },
  ],
];

describe('an absence never becomes a pass', () => {
  it.each(CASES)('$id', (check, facts, options) => {
    const { violations, dependences } = truthOf(check, facts, options);
    expect(violations).toEqual([]);
    expect(dependences.length).toBeGreaterThan(0);
  });
});
