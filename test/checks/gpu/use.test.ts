import { describe, expect, it } from 'vitest';
import leftover from '../../../checks/gpu/leftover-processes.ts';
import persistence from '../../../checks/gpu/persistence-mode-off.ts';
import { absent, type GpuProcess, known } from '../../../src/api.ts';
import { healthyGpu } from '../../support/healthy-gpu.ts';
import { saidOf } from '../../support/said.ts';

describe('gpu/leftover-processes', () => {
  const process = (name: string, type = 'C'): GpuProcess => ({ pid: 4711, name, type, memoryBytes: known(1e9) });
  const found = ['gpu 0: INFO leftover, stay, watch'];
  it.each<[string, readonly GpuProcess[], readonly string[]]>([
    ['passes an empty GPU', [], []],
    ['finds a compute process', [process('/usr/bin/python3 train.py')], found],
    ['finds one that draws, too', [process('game', 'C+G')], found],
    ['passes a display', [process('/usr/lib/xorg/Xorg', 'G')], []],
    ['passes the MPS server', [process('/usr/bin/nvidia-cuda-mps-server', 'M+C')], []],
  ])('%s', (_, processes, findings) => {
    expect(saidOf(leftover, { gpus: [healthyGpu(0, { processes: known(processes) })] }).findings).toEqual(findings);
  });

  it('runs before a job only', () => {
    expect(leftover.contexts).not.toContain('continuous');
    expect(leftover.contexts).not.toContain('job');
  });

  it('passes nothing that it could not see', () => {
    const gpus = [healthyGpu(0, { processes: absent('denied', 'Insufficient Permissions') })];
    expect(saidOf(leftover, { gpus })).toMatchObject({ passes: [], unjudged: ['gpu 0: leftover denied'] });
  });
});

describe('gpu/persistence-mode-off', () => {
  it('names the daemon before the deprecated switch', () => {
    expect(persistence.remedy).toMatch(/nvidia-persistenced.*nvidia-smi -pm 1.*deprecated/);
  });

  it('mentions it', () => {
    const gpus = [healthyGpu(0), healthyGpu(1, { persistenceMode: known(false) })];
    expect(saidOf(persistence, { gpus })).toMatchObject({
      findings: ['gpu 1: INFO off, stay, none'],
      passes: ['gpu 0: off'],
    });
  });
});
