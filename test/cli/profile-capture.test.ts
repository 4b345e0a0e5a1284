import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { known } from '../../src/api.ts';
import { profileText } from '../../src/cli/capture/profile-text.ts';
import { profile as profileVerb } from '../../src/cli/profile.ts';
import { readSiteProfiles } from '../../src/config/site-profiles.ts';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import type { SiteProfile } from '../../src/knowledge/profiles/index.ts';
import { answering, changed, guest, saying, slice, xml } from '../partial/shapes.ts';
import { judgeMoments } from '../support/judge-machine.ts';
import { type RawMachine, simulated } from '../support/raw-machine.ts';

const directory = mkdtempSync(join(tmpdir(), 'muster-capture-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const snapshotOf = (machine: RawMachine, siteProfiles: readonly SiteProfile[] = []): Promise<Snapshot> =>
  judgeMoments(machine.moments, { siteProfiles });

const capture = async (machine: RawMachine, o: { id?: string; siteProfiles?: readonly SiteProfile[] } = {}) => {
  const { siteProfiles = [], ...rest } = o;
  const captured = profileText(await snapshotOf(machine, siteProfiles), { version: '0.0.0', siteProfiles, ...rest });
  return { ...captured, site: readBack(captured.text) };
};

let files = 0;
/** Through a file and the loader of the configuration. */
const readBack = (text: string): readonly SiteProfile[] => {
  const file = join(directory, `${files++}.yaml`);
  writeFileSync(file, text);
  return readSiteProfiles([file]);
};

const graveOf = ({ checks }: Snapshot): readonly string[] =>
  checks.flatMap(({ id, findings, besides }) => [
    ...findings.filter(({ severity }) => severity !== 'INFO').map(({ severity, code }) => `${severity} ${id} ${code}`),
    ...(besides === 'UNKNOWN' ? [`UNKNOWN ${id}`] : []),
  ]);

describe.each(['hgx-a100-8', 'hgx-h100-8', 'dgx-h100', 'hgx-b200-8', 'gb200-nvl72', 'gh200', 'l40s-8'])(
  '%s',
  (name) => {
    it('is captured, read back, and passes against its own profile', async () => {
      const { id, text, warnings, site } = await capture(simulated(name));
      expect({ id, warnings }).toEqual({ id: `${name}-captured`, warnings: [] });
      expect(text).toContain(`extends: ${name}\n`);
      const again = await snapshotOf(simulated(name), site);
      expect(again.profile).toMatchObject({
        id,
        known: true,
        gpu: { count: { confidence: 'measured', source: 'captured on node-1, 2026-09-01' } },
      });
      expect(graveOf(again)).toEqual([]);
    });
  },
);

describe('a part that is missing against a captured profile', () => {
  const h100 = simulated('hgx-h100-8');
  const withoutNic = h100.without('sys/class/infiniband/mlx5_3/**', 'sys/bus/pci/devices/0000:5e:00.0/**');
  const slowNics = h100.with({ 'sys/class/infiniband/*/ports/1/rate': (rate) => rate.replace('400', '200') });

  it.each([
    ['a NIC', h100, withoutNic, 'network/missing-nics missing'],
    ['half the rate of every NIC', h100, slowNics, 'network/link-rate below-profile'],
    ['one of eight cards', simulated('l40s-8'), slice(7)(simulated('l40s-8')), 'gpu/missing-gpus below-profile'],
  ])('%s is critical, where it was assumed only', async (_, good, bad, finding) => {
    expect(graveOf(await snapshotOf(bad)).filter((line) => line.includes(finding))).not.toContain(
      `CRITICAL ${finding}`,
    );
    const { site } = await capture(good);
    expect(graveOf(await snapshotOf(bad, site))).toContain(`CRITICAL ${finding}`);
  });

  it('one of two GPUs is critical where the configuration insists on the profile', async () => {
    const pair = slice(2)(h100);
    const { site, id } = await capture(pair, { id: 'pair' });
    const one = await judgeMoments(slice(1)(h100).moments, { siteProfiles: site, machine: id });
    expect(graveOf(one)).toContain('CRITICAL gpu/missing-gpus below-profile');
  });
});

describe('a sick machine', () => {
  it('does not become the norm: what its siblings and the bus show counts', async () => {
    const sick = simulated('hgx-h100-8+missing@gpu3+nvlink-down@gpu4+ib-down@mlx5_2');
    const { site, text, warnings } = await capture(sick);
    expect(site[0]).toMatchObject({
      gpu: { count: { value: 8 }, nvlinks: { value: 18 } },
      nics: [{ role: 'compute', count: { value: 8 }, rate_gbps: { value: 400 } }, { role: 'storage' }],
    });
    expect(text).toMatch(
      /^# NOT WELL when it was captured\. Mend this and capture again:\n# {3}CRITICAL gpu\/missing-gpus /m,
    );
    expect(text).toContain('  # nvlinks: GPU 3 has 17: not taken for the norm\n');
    expect(warnings).toEqual([
      expect.stringMatching(/^CRITICAL gpu\/missing-gpus not-in-driver: /),
      expect.stringMatching(/^CRITICAL gpu\/nvlink-down links-down: /),
      expect.stringMatching(/^CRITICAL network\/link-down down: mlx5_2 /),
      'nvlinks is 18; GPU 3 has 17: not taken for the norm',
    ]);
    expect(graveOf(await snapshotOf(simulated('hgx-h100-8'), site))).toEqual([]);
    expect(graveOf(await snapshotOf(sick, site))).toEqual(graveOf(await snapshotOf(sick)));
  });

  it('with fewer lanes or GPUs than its maker gave it: the number is left out, and the base counts', async () => {
    const narrow = changed(simulated('hgx-h100-8'), slice(7), xml(saying('current_link_width', '8x')));
    const { site, text, warnings } = await capture(narrow);
    expect(site[0]?.gpu).not.toHaveProperty('pcie_width');
    expect(site[0]?.gpu).not.toHaveProperty('count');
    expect(text).toMatch(/^ {2}# pcie_width: the machine shows 8, 16 is expected \(measured; /m);
    expect(warnings).toContainEqual(
      expect.stringMatching(/^pcie_width is left out: the machine shows 8, 16 is expected/),
    );
    expect(warnings).toContainEqual(expect.stringMatching(/^count is left out: the machine shows 7, 8 is expected/));
    expect(graveOf(await snapshotOf(narrow, site))).toContain('CRITICAL gpu/pcie-degraded width-reduced');
  });

  it('says so where nobody knows how wide the slots are', async () => {
    const cards = xml(saying('current_link_width', '8x'))(simulated('l40s-8'));
    const { site, text, warnings } = await capture(cards);
    expect(site[0]?.gpu?.pcie_width).toMatchObject({ value: 8 });
    expect(text).toContain('  # pcie_width: the GPUs can do x16; whether their slots can is not known\n');
    expect(warnings).toContain('pcie_width is 8; the GPUs can do x16; whether their slots can is not known');
  });

  it('says what the profile in force assumes, and takes what is there', async () => {
    const { site, text } = await capture(
      simulated('hgx-h100-8').without('sys/class/infiniband/mlx5_3/**', 'sys/bus/pci/devices/0000:5e:00.0/**'),
    );
    expect(site[0]?.nics?.[0]?.count).toMatchObject({ value: 7 });
    expect(text).toMatch(/^ {4}# count: 8 is expected \(assumed; /m);
  });
});

describe('what cannot be read', () => {
  it('is a comment that says why', async () => {
    const { text, site } = await capture(
      simulated('hgx-h100-8').without('sys/class/infiniband/**', 'commands/ibstat.out'),
    );
    expect(text).toMatch(/^# nics: not read: .*infiniband/m);
    expect(site[0]).not.toHaveProperty('nics');
  });

  it('of a driver that does not answer: the file can still be read', async () => {
    const dead = answering("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", 9);
    const { text, site, warnings } = await capture(dead(simulated('hgx-h100-8')));
    expect(text).toMatch(/# products: no GPU says what it is/);
    expect(site[0]).toMatchObject({ id: 'hgx-h100-8-captured', gpu: { count: { value: 8 } } });
    expect(warnings[0]).toMatch(/^CRITICAL gpu\/driver-unresponsive /);
  });

  it('behind a hypervisor: neither links nor the name of the machine', async () => {
    const machine = xml(guest, saying('current_link_width', '8x'))(simulated('dgx-h100'));
    const { text, site } = await capture(machine);
    expect(text).toMatch(/^ {2}# pcie_width: a hypervisor is between/m);
    expect(text).toContain('# system: left out: a hypervisor is between\n');
    expect(site[0]).toMatchObject({ extends: 'hgx-h100-8', gpu: { count: { value: 8 } } });
  });
});

describe('the file', () => {
  it('names the machine as its firmware does', async () => {
    const { site } = await capture(simulated('dgx-h100'), { id: 'pod-a' });
    expect(site[0]).toMatchObject({
      id: 'pod-a',
      extends: 'dgx-h100',
      system: { vendor: 'NVIDIA', products: ['DGXH100'] },
    });
  });

  it('builds upon what the profile in force builds upon', async () => {
    const first = await capture(simulated('hgx-h100-8'), { id: 'pod-a' });
    const second = await capture(simulated('hgx-h100-8'), { id: 'pod-b', siteProfiles: first.site });
    expect(second.site[0]).toMatchObject({ id: 'pod-b', extends: 'hgx-h100-8' });
  });

  it('offers the versions as comments', async () => {
    const { text, site } = await capture(simulated('hgx-h100-8'));
    expect(text).toMatch(/^# pins:\n# {3}driver: "580\.105\.08"$/m);
    expect(site[0]).not.toHaveProperty('pins');
  });

  it('takes services, modules, mounts and the host where sources tell of them', async () => {
    const { site } = await capture(simulated('hgx-h100-8'));
    expect(site[0]).toMatchObject({
      services: { value: expect.arrayContaining(['nvidia-fabricmanager.service']), confidence: 'measured' },
      kernel_modules: { value: expect.arrayContaining(['mlx5_core', 'nvidia']) },
      mounts: { value: expect.arrayContaining(['/']) },
      host: {
        cpus: { value: expect.any(Number) },
        numa_nodes: { value: 2 },
        nvme_drives: { value: expect.any(Number) },
      },
    });
  });

  it('can be read whatever the machine calls itself and its parts', async () => {
    const snapshot = await snapshotOf(simulated('hgx-h100-8'));
    const gpus = snapshot.facts.gpus;
    if (gpus?.ok !== true) throw new Error('no GPUs');
    const named = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(named, named, (node, product) => {
        const facts = {
          ...snapshot.facts,
          gpus: { ...gpus, value: gpus.value.map((gpu) => ({ ...gpu, product: known(product) })) },
        };
        const { text } = profileText({ ...snapshot, node: { ...snapshot.node, name: node }, facts } as Snapshot, {
          id: 'a',
          version: '0.0.0',
          siteProfiles: [],
        });
        expect(readBack(text)[0]).toMatchObject({ id: 'a', gpu: { count: { value: 8 } } });
      }),
      { numRuns: 50 },
    );
  });
});

describe('muster profile capture', () => {
  const from = join(import.meta.dirname, '../fixtures/recordings/h200-vm');

  it('writes the profile of a recording into a new file, and over none', async () => {
    const errors: string[] = [];
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => errors.push(String(text)) > 0);
    const output = join(directory, 'h200.yaml');
    expect(await profileVerb('capture', { from, output, id: 'our-h200' })).toBe(0);
    stderr.mockRestore();
    expect(readSiteProfiles([output])[0]).toMatchObject({ id: 'our-h200', products: ['NVIDIA H200'] });
    expect(readFileSync(output, 'utf8')).toContain('captured on gpu-vm-1, ');
    await expect(profileVerb('capture', { from, output })).rejects.toThrow(/is there already/);
  });

  it.each([
    ['another action', 'show', {}, /there is only profile capture/],
    ['two machines at once', 'capture', { from, mock: 'gh200' }, /keep one of the two/],
    ['a name that is none', 'capture', { from, id: 'Pod A' }, /--id Pod A: lower case/],
    [
      'a place where nothing can be written',
      'capture',
      { from, output: '/nowhere/a.yaml' },
      /cannot be written \(ENOENT\)/,
    ],
  ] as const)('refuses %s', async (_, action, options, message) => {
    await expect(profileVerb(action, options)).rejects.toThrow(message);
  });
});
