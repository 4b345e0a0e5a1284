import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { settingsOf } from '../../src/cli/machine.ts';
import { loadConfig } from '../../src/config/load.ts';
import { resolveProfile } from '../../src/knowledge/profiles/index.ts';
import { parseSiteProfile } from '../../src/knowledge/profiles/site.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const load = (yaml: string) => {
  const file = join(temporaryDirectory(), 'muster.yaml');
  writeFileSync(file, yaml);
  return loadConfig({ file, env: { MUSTER_PROFILES_DIR: '/nonexistent' }, checks });
};
const complaint = async (yaml: string): Promise<string> =>
  String(await load(yaml).catch((error: unknown) => (error as Error).message));

describe('pins of the configuration', () => {
  it('are one version or several', async () => {
    const { pins } = await load('pins: {driver: 580.105.08, nic-firmware: [28.43.2026, 28.44.1036]}');
    expect(pins).toEqual({ driver: ['580.105.08'], 'nic-firmware': ['28.43.2026', '28.44.1036'] });
    expect((await load('')).pins).toEqual({});
  });

  it('win over those of the profile, name by name', async () => {
    const config = await load('pins: {driver: 590.48.01}');
    const { pins } = settingsOf(config, checks);
    const site = { id: 'ours', extends: 'hgx-h100-8', pins: { driver: sourced('580.105.08'), kernel: sourced('6.8') } };
    const profile = resolveProfile({ configured: 'ours', siteProfiles: [site], gpus: [], pins });
    expect(profile.pins).toEqual({
      driver: { ok: true, value: ['590.48.01'], source: 'the configuration', confidence: 'specified' },
      kernel: { ok: true, ...sourced('6.8') },
    });
  });

  it.each([
    [
      'pins: {drivr: 580.1}',
      /:1:8 pins\.drivr: is not a version to pin .* driver, vbios, inforom, nic-firmware, kernel, bios;/,
    ],
    ['pins: {driver: 580.1}', /:1:8 pins\.driver: must be a version or a list of versions, as text: quote what/],
    ['pins: {driver: []}', /pins\.driver: must not be empty;/],
    ["pins: {driver: ''}", /pins\.driver: must not be empty;/],
    ['pins: {driver: {value: 580.105.08}}', /pins\.driver: must be a version or a list/],
    ['pins: driver', /:1:1 pins: must hold keys and values/],
  ])('%s is refused', async (yaml, message) => {
    expect(await complaint(yaml)).toMatch(message);
  });
});

describe('pins of a machine profile', () => {
  const pinsOf = (pins: unknown) => parseSiteProfile({ id: 'ours', pins });

  it('are one version or several, with or without their source', () => {
    const given = { driver: '580.105.08', vbios: ['A', 'B'], kernel: sourced('6.8') };
    expect(pinsOf(given)).toMatchObject({
      ok: true,
      value: {
        pins: {
          driver: { value: ['580.105.08'], confidence: 'specified' },
          vbios: { value: ['A', 'B'] },
          kernel: sourced('6.8'),
        },
      },
    });
  });

  it('are refused under a name that nothing reads', () => {
    expect(pinsOf({ drivr: '580.105.08' })).toMatchObject({
      ok: false,
      path: ['pins', 'drivr'],
      message: expect.stringMatching(/these can: driver, vbios/),
    });
    for (const nothing of ['', [], 580]) expect(pinsOf({ driver: nothing })).toMatchObject({ ok: false });
  });
});

const sourced = (version: string) => ({ value: [version], source: 'test', confidence: 'specified' as const });
