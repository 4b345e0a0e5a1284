import { describe, expect, it } from 'vitest';
import { systemIdentity } from '../../src/collectors/system-identity.ts';
import { playback } from '../../src/host/playback.ts';
import { simulated } from '../support/raw-machine.ts';

const VENDOR = 'sys/class/dmi/id/sys_vendor';
const PRODUCT = 'sys/class/dmi/id/product_name';

const collected = (files: Readonly<Record<string, string>>) =>
  systemIdentity.collect(playback([{ tree: new Map(Object.entries(files)), at: 0 }]), new AbortController().signal);

describe('who the firmware says the machine is', () => {
  it('is its vendor and product', async () => {
    expect(await collected({ [VENDOR]: 'NVIDIA\n', [PRODUCT]: 'DGXH100\n' })).toMatchObject({
      system: { ok: true, value: { vendor: { value: 'NVIDIA' }, product: { value: 'DGXH100' } } },
    });
  });

  it('is half known where one of the two is a placeholder', async () => {
    expect(await collected({ [VENDOR]: 'Supermicro\n', [PRODUCT]: 'Default string\n' })).toMatchObject({
      system: { ok: true, value: { vendor: { value: 'Supermicro' }, product: { ok: false, reason: 'unsupported' } } },
    });
  });

  it('is not known where the firmware has no such tables', async () => {
    expect(await collected({})).toMatchObject({ system: { ok: false } });
  });
});

describe('the profile in force', () => {
  const h100 = simulated('hgx-h100-8').without(VENDOR, PRODUCT);
  const dgx = simulated('dgx-h100');

  it.each([
    ['a DGX', dgx, 'dgx-h100'],
    [
      'the same GPUs in a chassis of another maker',
      dgx.with({ [VENDOR]: 'Supermicro\n', [PRODUCT]: 'SYS-821GE\n' }),
      'hgx-h100-8',
    ],
    [
      'a DGX whose firmware may not be read',
      dgx.failing({ [VENDOR]: 'denied: EACCES', [PRODUCT]: 'denied: EACCES' }),
      'hgx-h100-8',
    ],
    ['no tables at all', h100, 'hgx-h100-8'],
  ])('of %s', async (_, machine, profile) => {
    const verdict = await machine.verdict();
    expect(verdict).toMatchObject({ ready: true, node: { profile } });
  });

  it.each([
    ['a DGX under the name of its board', dgx, 'hgx-h100-8', 'PASS'],
    ['a DGX under its own name', dgx, 'dgx-h100', 'PASS'],
    [
      'another machine under the name of a DGX',
      h100.with({ [VENDOR]: 'Supermicro\n', [PRODUCT]: 'SYS-821GE\n' }),
      'dgx-h100',
      'CRITICAL',
    ],
    ['a machine whose firmware says nothing, under the name of a DGX', h100, 'dgx-h100', 'PASS'],
  ])('%s', async (_, machine, name, severity) => {
    const result = await machine.configured({ machine: name }).judge('host/unknown-machine');
    expect(result.severity).toBe(severity);
    if (severity === 'CRITICAL')
      expect(result.findings[0]?.message).toBe(
        'The configuration says dgx-h100 (NVIDIA DGXH100 or DGX H100), but the machine is a Supermicro SYS-821GE',
      );
  });
});
