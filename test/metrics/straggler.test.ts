import { describe, expect, it } from 'vitest';
import { absent, type Cause } from '../../src/api.ts';
import { renderMetrics } from '../../src/metrics/render.ts';
import { factOf, gpuRef } from '../support/healthy-gpu.ts';
import { failingSnapshot, healthyFacts, healthyMinutes, snapshotOf } from '../support/snapshot.ts';
import { METRICS } from './options.ts';

const GPU3 = `gpu="3",UUID="${gpuRef(3).uuid}",pci_bus_id="${gpuRef(3).pciBusId}"`;

const linesOf = async (snapshot = snapshotOf(), name = ''): Promise<string[]> =>
  (await renderMetrics(snapshot, METRICS)).split('\n').filter((line) => line.startsWith(`muster_gpu_${name}`));

describe('windows', () => {
  it('are told in base units, a reason only where it is known', async () => {
    const lines = (await linesOf(snapshotOf(), 'window')).filter((line) => line.includes(GPU3));
    expect(lines).toContain(`muster_gpu_window_sm_clock_hertz{${GPU3},stat="p05"} 1845000000`);
    expect(lines).toContain(`muster_gpu_window_throttle_ratio{${GPU3},reason="sw_power_cap"} 0.05`);
    expect(lines.filter((line) => line.includes('reason="sync_boost"'))).toEqual([]);
    expect(lines).toHaveLength(11);
  });

  it('are not there for a GPU that did not report: no zero, no old value', async () => {
    const minutes = healthyMinutes().map(({ window, ...rest }) =>
      rest.ref.index === 3 || window === undefined ? rest : { ...rest, window },
    );
    const facts = { ...healthyFacts(), gpuMinutes: factOf(minutes, 'nvidia-smi-follow') };
    const lines = await linesOf(snapshotOf({ facts }), 'window');
    expect(lines.filter((line) => line.includes(GPU3))).toEqual([]);
    expect(lines).toHaveLength(77);
  });

  it('and all else of stragglers vanish with their source', async () => {
    const stale = factOf<never>(absent('stale', 'nvidia-smi-follow last answered 200 s ago'));
    const facts = { ...healthyFacts(), gpuMinutes: stale, stragglers: stale };
    for (const name of ['window', 'cause', 'straggler', 'relative', 'job'])
      expect(await linesOf(snapshotOf({ facts }), name)).toEqual([]);
  });
});

describe('causes and levels', () => {
  it('are silent on a healthy node', async () => {
    expect(await linesOf(snapshotOf(), 'cause_active')).toEqual([]);
    expect(await linesOf(snapshotOf(), 'straggler_level')).toEqual([]);
  });

  it('name the GPU; a cause of the node is one series without one', async () => {
    expect(await linesOf(failingSnapshot(), 'cause_active')).toEqual([
      'muster_gpu_cause_active{cause="link_degraded"} 1',
      `muster_gpu_cause_active{${GPU3},cause="thermal_throttle"} 1`,
    ]);
    expect(await linesOf(failingSnapshot(), 'straggler_level')).toEqual([
      `muster_gpu_straggler_level{${GPU3},level="likely"} 1`,
    ]);
  });
});

describe('a cause that is common on healthy machines', () => {
  const withPressure = (weak: boolean) => {
    const cause: Cause = { kind: 'host_pressure', detail: 'd', ...(weak ? { weak: true } : {}) };
    const minutes = healthyMinutes().map((minute) => ({ ...minute, causes: [cause] }));
    return snapshotOf({ facts: { ...healthyFacts(), gpuMinutes: factOf(minutes, 'nvidia-smi-follow') } });
  };

  it('is no active one: an alarm on every node says nothing', async () => {
    expect(await linesOf(withPressure(true), 'cause_active')).toEqual([]);
    expect(await linesOf(withPressure(false), 'cause_active')).toEqual([
      'muster_gpu_cause_active{cause="host_pressure"} 1',
    ]);
  });
});

describe('the job of a GPU', () => {
  it('is one series a GPU, and none where no job is known', async () => {
    expect(await linesOf(snapshotOf(), 'job_info')).toHaveLength(8);
    const minutes = healthyMinutes().map((minute) => (minute.ref.index === 3 ? { ...minute, jobId: '' } : minute));
    const facts = { ...healthyFacts(), gpuMinutes: factOf(minutes, 'nvidia-smi-follow') };
    const lines = await linesOf(snapshotOf({ facts }), 'job_info');
    expect(lines.filter((line) => line.includes(GPU3))).toEqual([]);
    expect(lines).toHaveLength(7);
  });
});
