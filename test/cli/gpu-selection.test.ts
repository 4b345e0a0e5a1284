import { describe, expect, it } from 'vitest';
import { readSelection, selectGpus, withoutForeignGpus } from '../../src/cli/gpu-selection.ts';
import { judgeMoments, momentsOf } from '../support/judge-machine.ts';

const snapshot = await judgeMoments(momentsOf('hgx-h100-8+missing@gpu3'));
const gpus = snapshot.facts.gpus?.ok === true ? snapshot.facts.gpus.value.map(({ ref }) => ref) : [];

const missing = (wanted: readonly string[]) =>
  withoutForeignGpus(snapshot, { from: 'NVIDIA_VISIBLE_DEVICES', wanted }).checks.find(
    ({ id }) => id === 'gpu/missing-gpus',
  );

describe('a container that was given some GPUs of the node', () => {
  it('misses none of the others', () => {
    const given = missing(gpus.map(({ uuid }) => uuid ?? ''));
    expect(given).toMatchObject({ severity: 'SKIPPED', findings: [] });
    expect(given?.reason).toContain('7 of 8');
  });

  it('does miss one where it sees GPUs that it was not given', () => {
    expect(missing(['0', '1'])?.severity).toBe('CRITICAL');
  });
});

describe('the GPUs of a validation', () => {
  it.each([
    [{}, undefined],
    [{ NVIDIA_VISIBLE_DEVICES: 'all' }, undefined],
    [{ SLURM_JOB_GPUS: '0,1', CUDA_VISIBLE_DEVICES: '2' }, ['0', '1']],
    [{ SLURM_JOB_GPUS: '', CUDA_VISIBLE_DEVICES: '2' }, ['2']],
  ])('%j', (env, wanted) => {
    expect(readSelection(undefined, env)?.wanted).toEqual(wanted);
  });

  it.each(['none', 'void', ',', '99', 'GPU-ffff'])('%s selects nothing, which is a usage error', (text) => {
    expect(() => {
      const selection = readSelection(text, {});
      if (selection !== undefined) selectGpus(selection, gpus);
    }).toThrow(/GPU/);
  });

  it('are found by index, by the beginning of a UUID and by an old MIG UUID', () => {
    const [first, second] = gpus;
    const chosen = (entry: string) => gpus.filter(selectGpus({ from: '', wanted: [entry] }, gpus) ?? (() => true));
    expect(chosen('1')).toEqual([second]);
    expect(chosen((first?.uuid ?? '').slice(0, 12))).toEqual([first]);
    expect(chosen(`MIG-${first?.uuid}/7/0`)).toEqual([first]);
    expect(chosen('MIG-11111111-2222-3333-4444-555555555555')).toEqual(gpus);
  });
});
