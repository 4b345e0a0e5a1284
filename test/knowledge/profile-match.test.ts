import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { absent, known } from '../../src/api.ts';
import {
  builtInMachines,
  builtInProfile,
  machineIds,
  matchProfile,
  productRecord,
  products,
  resolveProfile,
  type Seen,
  type SiteProfile,
} from '../../src/knowledge/profiles/index.ts';
import { parseSiteProfile } from '../../src/knowledge/profiles/site.ts';

type SeenGpu = Seen['gpus'][number];

const gpu = (product: string | undefined, pciDeviceId?: string, pciSubsystemId?: string): SeenGpu => ({
  product: product === undefined ? absent('lost', 'GPU is lost') : known(product),
  pciDeviceId: pciDeviceId === undefined ? absent('lost', 'GPU is lost') : known(pciDeviceId),
  pciSubsystemId: pciSubsystemId === undefined ? absent('lost', 'GPU is lost') : known(pciSubsystemId),
  virtualization: known('None'),
});
const times = (count: number, one: SeenGpu): SeenGpu[] => Array.from({ length: count }, () => one);

const H100 = gpu('NVIDIA H100 80GB HBM3', '233010DE', '16C110DE');
const A100 = gpu('NVIDIA A100-SXM4-40GB', '20B010DE');
const GB200 = gpu('NVIDIA GB200', '294110DE', '204610DE');
const L40S = gpu('NVIDIA L40S', '26B910DE');

describe('productRecord', () => {
  it.each([
    ['NVIDIA H100 80GB HBM3', '233010DE', 'h100-sxm-80gb'],
    ['NVIDIA H100 80GB HBM3', undefined, 'h100-sxm-80gb'],
    [undefined, '0x2330', 'h100-sxm-80gb'],
    [undefined, '233010de', 'h100-sxm-80gb'],
    ['NVIDIA H200', '233510DE', 'h200-sxm'],
    ['NVIDIA H200', undefined, 'h200-sxm'],
    ['NVIDIA H200 NVL', undefined, 'h200-nvl'],
    ['NVIDIA GH200 480GB', undefined, 'gh200-96gb'],
    ['NVIDIA GH200 480GB', '234510DE', 'gh200-96gb'],
    ['NVIDIA GB200', '294110DE', 'gb200'],
    ['NVIDIA A10G', '000000DE', 'a10g'],
    ['NVIDIA H100', undefined, undefined],
    ['GH200', undefined, undefined],
    ['H200', undefined, undefined],
    ['', '', undefined],
    [undefined, undefined, undefined],
    ['NVIDIA GeForce RTX 3090', '220410DE', undefined],
  ])('knows %s with device %s as %s', (product, pciDeviceId, id) => {
    expect(productRecord({ product, pciDeviceId })?.id).toBe(id);
  });

  it('trusts the device id over the name', () => {
    expect(productRecord({ product: 'NVIDIA H200', pciDeviceId: '233010DE' })?.id).toBe('h100-sxm-80gb');
  });

  it('tells boards of one device apart by their subsystem', () => {
    const pciDeviceId = '31C210DE';
    expect(productRecord({ pciDeviceId, pciSubsystemId: '20E510DE' })?.gpu.power_limit_watts?.value).toBe(1300);
    expect(productRecord({ pciDeviceId, pciSubsystemId: '000010DE' })?.gpu.power_limit_watts?.value).toBe(1400);
    expect(productRecord({ pciDeviceId })?.gpu.power_limit_watts?.value).toBe(1400);
  });

  it('has one record for each id, and one claim on each device and board', () => {
    const ids = products.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const claims = products.flatMap(({ pci_device_ids: devices, pci_subsystem_ids: boards }) =>
      devices.flatMap((device) => (boards ?? ['any']).map((board) => `${device}:${board}`)),
    );
    expect(new Set(claims).size).toBe(claims.length);
  });
});

describe('matchProfile', () => {
  it.each([
    ['8 H100', { gpus: times(8, H100) }, 'hgx-h100-8'],
    ['7 of 8 H100 answering, 8 on PCI', { gpus: times(7, H100), pciGpuCount: 8 }, 'hgx-h100-8'],
    ['7 H100 and PCI not readable', { gpus: times(7, H100) }, 'hgx-h100-8'],
    ['1 H100 answering, 8 on PCI', { gpus: times(1, H100), pciGpuCount: 8 }, 'hgx-h100-8'],
    ['7 H100 and a lost GPU without a name', { gpus: [...times(7, H100), gpu(undefined)] }, 'hgx-h100-8'],
    ['1 H100 in a virtual machine', { gpus: [H100], pciGpuCount: 1 }, 'generic:NVIDIA H100 80GB HBM3'],
    ['2 H100 of a slice', { gpus: times(2, H100), pciGpuCount: 2 }, 'generic:NVIDIA H100 80GB HBM3'],
    ['4 H100 of a half machine', { gpus: times(4, H100), pciGpuCount: 4 }, 'generic:NVIDIA H100 80GB HBM3'],
    ['8 H200 by name alone', { gpus: times(8, gpu('NVIDIA H200')) }, 'hgx-h200-8'],
    ['8 A100 of 40 GB', { gpus: times(8, A100) }, 'hgx-a100-8'],
    ['8 A100 of 80 GB', { gpus: times(8, gpu('NVIDIA A100-SXM4-80GB', '20B210DE')) }, 'hgx-a100-8'],
    ['16 A100', { gpus: times(16, A100), pciGpuCount: 16 }, 'generic:NVIDIA A100-SXM4-40GB'],
    ['8 B200', { gpus: times(8, gpu('NVIDIA B200', '290110DE')) }, 'hgx-b200-8'],
    ['4 GB200', { gpus: times(4, GB200), pciGpuCount: 4 }, 'gb200-nvl72'],
    ['3 of 4 GB200', { gpus: times(3, GB200), pciGpuCount: 4 }, 'gb200-nvl72'],
    ['2 GB200', { gpus: times(2, GB200) }, 'generic:NVIDIA GB200'],
    ['4 GB300', { gpus: times(4, gpu('NVIDIA GB300', '31C210DE')) }, 'gb300-nvl72'],
    ['8 B300', { gpus: times(8, gpu('NVIDIA B300 SXM6 AC', '318210DE')) }, 'hgx-b300-8'],
    ['1 GH200', { gpus: [gpu('NVIDIA GH200 480GB', '234510DE')] }, 'gh200'],
    ['4 GH200 of the smaller kind', { gpus: times(4, gpu('NVIDIA GH200 120GB', '234210DE')) }, 'gh200'],
    [
      '8 vGPUs of A100s',
      { gpus: times(8, { ...gpu('NVIDIA A100-40C', '20B010DE'), virtualization: known('VGPU') }) },
      'generic:NVIDIA A100-40C',
    ],
    ['1 H200, whose name GH200 contains', { gpus: [gpu('NVIDIA H200', '233510DE')] }, 'generic:NVIDIA H200'],
    ['8 L40S', { gpus: times(8, L40S), pciGpuCount: 8 }, 'l40s-8'],
    ['7 of 8 L40S', { gpus: times(7, L40S), pciGpuCount: 7 }, 'l40s-8'],
    ['4 L40S', { gpus: times(4, L40S), pciGpuCount: 4 }, 'generic:NVIDIA L40S'],
    ['10 L40S', { gpus: times(10, L40S), pciGpuCount: 10 }, 'generic:NVIDIA L40S'],
    ['8 L40, which L40S contains', { gpus: times(8, gpu('NVIDIA L40', '26B510DE')) }, 'generic:NVIDIA L40'],
    ['8 H100 of the PCIe kind', { gpus: times(8, gpu('NVIDIA H100 PCIe', '232110DE')) }, 'generic:NVIDIA H100 PCIe'],
    [
      '8 H100 and a display card',
      { gpus: [...times(8, H100), gpu('NVIDIA T400', '1FB210DE')], pciGpuCount: 9 },
      'hgx-h100-8',
    ],
    ['1 H100 and 1 L40S', { gpus: [H100, L40S] }, 'generic'],
    [
      'a GPU that nobody knows',
      { gpus: [gpu('NVIDIA GeForce RTX 3090', '220410DE')] },
      'generic:NVIDIA GeForce RTX 3090',
    ],
    ['only lost GPUs', { gpus: times(8, gpu(undefined)), pciGpuCount: 8 }, 'generic'],
    ['no GPU', { gpus: [], pciGpuCount: 0 }, 'generic'],
  ] satisfies [string, Seen, string][])('takes %s for %s', (_what, seen, id) => {
    const profile = matchProfile(seen);
    expect(profile.id).toBe(id);
    expect(profile.known).toBe(!id.startsWith('generic'));
    expect(profile.configured).toBe(false);
  });

  it('expects of a lone H100 what the GPU is, and nothing of the machine around it', () => {
    const profile = matchProfile({ gpus: [H100] });
    expect(profile.gpu).toMatchObject({
      count: { ok: false },
      nvlinks: { ok: false },
      pcieWidth: { ok: false },
      powerLimitWatts: { ok: true, value: 700 },
      maxSmMHz: { ok: true, value: 1980 },
    });
    expect(profile.fabric.ok).toBe(false);
    expect(profile.nics).toEqual([]);
    expect(profile.limits['pcie-replays-per-minute']).toMatchObject({ ok: true, value: 31 });
  });

  it('expects nothing of a GPU that nobody knows', () => {
    const profile = matchProfile({ gpus: [gpu('NVIDIA GeForce RTX 3090')] });
    expect(Object.values(profile.gpu).every(({ ok }) => !ok)).toBe(true);
    expect(profile.limits).toEqual({});
  });

  it('takes the numbers of the GPU that is there, not of the first that the profile names', () => {
    expect(matchProfile({ gpus: times(8, A100) }).gpu.memoryMiB).toMatchObject({ value: 40_960 });
    const large = gpu('NVIDIA A100-SXM4-80GB', '20B210DE');
    expect(matchProfile({ gpus: times(8, large) }).gpu.memoryMiB).toMatchObject({ value: 81_920 });
  });
});

const B200 = gpu('NVIDIA B200', '290110DE');

describe('machines that their GPUs do not tell apart', () => {
  const system = (vendor: string, product: string): Seen['system'] => ({
    vendor: known(vendor),
    product: known(product),
  });
  const guest = { ...H100, virtualization: known('Pass-Through') };
  const hidden = { vendor: absent('denied', 'EACCES'), product: absent('denied', 'EACCES') };

  it.each([
    ['a DGX H100', { gpus: times(8, H100), system: system('NVIDIA', 'DGXH100') }, 'dgx-h100'],
    [
      'a DGX H100 with its part number',
      { gpus: times(8, H100), system: system('NVIDIA', 'DGXH100 920-23687-2531-001') },
      'dgx-h100',
    ],
    ['a DGX H100 that lost a GPU', { gpus: times(7, H100), system: system('NVIDIA', 'DGXH100') }, 'dgx-h100'],
    ['a DGX B200', { gpus: times(8, B200), system: system('NVIDIA', 'DGXB200') }, 'dgx-b200'],
    ["somebody else's H100 machine", { gpus: times(8, H100), system: system('Supermicro', 'SYS-821GE') }, 'hgx-h100-8'],
    ['a name that contains it', { gpus: times(8, H100), system: system('NVIDIA', 'DGXH100X') }, 'hgx-h100-8'],
    ['another vendor of that name', { gpus: times(8, H100), system: system('QEMU', 'DGXH100') }, 'hgx-h100-8'],
    ['a DGX H200', { gpus: times(8, gpu('NVIDIA H200')), system: system('NVIDIA', 'DGXH200') }, 'hgx-h200-8'],
    ['a guest', { gpus: times(8, guest), system: system('NVIDIA', 'DGXH100') }, 'hgx-h100-8'],
    ['firmware that may not be read', { gpus: times(8, H100), system: hidden }, 'hgx-h100-8'],
    ['no word of the firmware', { gpus: times(8, H100) }, 'hgx-h100-8'],
  ] satisfies [string, Seen, string][])('takes %s for what it is', (_what, seen, id) => {
    expect(matchProfile(seen).id).toBe(id);
  });

  const configured = (machine: string, seen: Seen) =>
    resolveProfile({ configured: machine, siteProfiles: [], ...seen });

  it('sees no conflict in a DGX that is configured as the HGX machine it also is', () => {
    const profile = configured('hgx-h100-8', { gpus: times(8, H100), system: system('NVIDIA', 'DGXH100') });
    expect(profile).toMatchObject({ id: 'hgx-h100-8', known: true });
    expect(profile.conflict).toBeUndefined();
  });

  it('says so where a DGX is configured and the firmware names another machine', () => {
    const profile = configured('dgx-h100', { gpus: times(8, H100), system: system('Supermicro', 'SYS-821GE-TNHR') });
    expect(profile.conflict).toBe(
      'the configuration says dgx-h100 (NVIDIA DGXH100 or DGX H100), but the machine is a Supermicro SYS-821GE-TNHR',
    );
  });

  it.each([
    ['the firmware may not be read', { gpus: times(8, H100), system: hidden }],
    ['a hypervisor is between', { gpus: times(8, guest), system: system('QEMU', 'Standard PC (Q35 + ICH9, 2009)') }],
  ] satisfies [string, Seen][])('believes the configuration where %s', (_what, seen) => {
    const profile = configured('dgx-h100', seen);
    expect(profile).toMatchObject({ id: 'dgx-h100', host: { nvmeDrives: { value: 10 } } });
    expect(profile.conflict).toBeUndefined();
  });
});

describe('built-in machines', () => {
  it('each have their own name', () => {
    expect(machineIds()).toEqual([
      'hgx-a100-8',
      'hgx-h100-8',
      'dgx-h100',
      'hgx-h200-8',
      'hgx-b200-8',
      'dgx-b200',
      'hgx-b300-8',
      'gb200-nvl72',
      'gb300-nvl72',
      'gh200',
      'l40s-8',
    ]);
  });

  it.each(machineIds())('%s names products that are known, services and the module of the driver', (id) => {
    const profile = builtInProfile(id);
    expect(profile?.products.length).toBeGreaterThan(0);
    for (const product of profile?.products ?? []) expect(productRecord({ product }), product).toBeDefined();
    expect(profile?.services).toMatchObject({
      value: expect.arrayContaining(['nvidia-persistenced.service']),
      confidence: 'assumed',
    });
    expect(profile?.kernelModules).toMatchObject({ value: expect.arrayContaining(['nvidia']) });
  });

  it.each(machineIds().filter((id) => !['gh200', 'l40s-8', 'hgx-b300-8'].includes(id)))(
    '%s says all of its GPUs',
    (id) => {
      const profile = builtInProfile(id);
      for (const [name, value] of Object.entries(profile?.gpu ?? {})) expect(value.ok, name).toBe(true);
      expect(profile?.limits).toHaveProperty('pcie-replays-per-minute');
    },
  );

  it('a DGX has what its HGX board has, and says more', () => {
    const [dgx, hgx] = [builtInProfile('dgx-h100'), builtInProfile('hgx-h100-8')];
    expect(dgx?.products).toEqual(hgx?.products);
    expect(dgx?.fabric).toEqual(hgx?.fabric);
    expect(dgx?.nics.map(({ role, count }) => [role, count.ok && count.value])).toEqual([
      ['compute', 8],
      ['storage', 2],
      ['management', 2],
    ]);
    expect(hgx?.host.cpus.ok).toBe(false);
  });

  it('never claim more than an assumption about NICs, which differ between clouds', () => {
    for (const { id } of builtInMachines.filter((machine) => machine.system === undefined))
      for (const nic of builtInProfile(id)?.nics ?? [])
        for (const value of [nic.count, nic.rateGbps, nic.pcieGeneration, nic.pcieWidth])
          expect(value).toMatchObject({ ok: true, confidence: 'assumed' });
  });
});

const siteProfile = (data: unknown): SiteProfile => {
  const parsed = parseSiteProfile(data);
  if (!parsed.ok) throw new Error(parsed.errors.join('; '));
  return parsed.value;
};

describe('resolveProfile', () => {
  const siteProfiles: SiteProfile[] = [];

  it('detects where nothing is configured', () => {
    expect(resolveProfile({ siteProfiles, gpus: times(8, H100) })).toMatchObject({
      id: 'hgx-h100-8',
      configured: false,
    });
  });

  it('keeps the configured machine, however few of its GPUs are there', () => {
    const profile = resolveProfile({ configured: 'hgx-h100-8', siteProfiles, gpus: [H100], pciGpuCount: 1 });
    expect(profile).toMatchObject({ id: 'hgx-h100-8', known: true, configured: true, gpu: { count: { value: 8 } } });
    expect(profile.conflict).toBeUndefined();
  });

  it('sees no conflict where one GPU of the machine answers beside a display card', () => {
    const gpus = [H100, gpu('NVIDIA T400', '1FB210DE')];
    expect(resolveProfile({ configured: 'hgx-h100-8', siteProfiles, gpus, pciGpuCount: 9 }).conflict).toBeUndefined();
  });

  it('sees no conflict in a machine that shows no GPU', () => {
    const profile = resolveProfile({ configured: 'hgx-h100-8', siteProfiles, gpus: [] });
    expect(profile).toMatchObject({ configured: true, gpu: { powerLimitWatts: { value: 700 } } });
    expect(profile.conflict).toBeUndefined();
  });

  it('says so where other GPUs are there than configured', () => {
    const profile = resolveProfile({ configured: 'hgx-h100-8', siteProfiles, gpus: times(4, GB200) });
    expect(profile.id).toBe('hgx-h100-8');
    expect(profile.conflict).toBe(
      'the configuration says hgx-h100-8 (NVIDIA H100 80GB HBM3), but the machine has 4 × NVIDIA GB200',
    );
  });

  it('says so where the configured name is no profile', () => {
    const profile = resolveProfile({ configured: 'hgx-h1000', siteProfiles, gpus: times(8, H100) });
    expect(profile).toMatchObject({ id: 'hgx-h1000', known: false, configured: true });
    expect(profile.conflict).toContain('hgx-h100-8');
  });

  it('prefers a profile of the site, which may build upon a built-in one', () => {
    const ours = siteProfile({
      id: 'pod-a',
      extends: 'hgx-h100-8',
      gpu: { power_limit_watts: 650 },
      pins: { driver: '580.105.08' },
    });
    const profile = resolveProfile({ siteProfiles: [ours], gpus: times(8, H100) });
    expect(profile).toMatchObject({
      id: 'pod-a',
      pins: { driver: { ok: true, value: ['580.105.08'] } },
      gpu: { count: { value: 8 }, maxSmMHz: { value: 1980 }, powerLimitWatts: { value: 650, confidence: 'specified' } },
    });
    expect(resolveProfile({ configured: 'pod-a', siteProfiles: [ours], gpus: [] }).products).toEqual([
      'NVIDIA H100 80GB HBM3',
    ]);
  });

  it('puts a profile of the site in the place of the built-in one whose name it has', () => {
    const ours = siteProfile({ id: 'hgx-h100-8', extends: 'hgx-h100-8', gpu: { power_limit_watts: 600 } });
    for (const configured of [undefined, 'hgx-h100-8'])
      expect(resolveProfile({ configured, siteProfiles: [ours], gpus: times(8, H100) })).toMatchObject({
        id: 'hgx-h100-8',
        gpu: { count: { value: 8 }, powerLimitWatts: { value: 600 } },
      });
    expect(machineIds([ours]).filter((id) => id === 'hgx-h100-8')).toHaveLength(1);
  });

  it('builds upon a built-in profile that itself builds upon another', () => {
    const ours = siteProfile({ id: 'our-dgx', extends: 'dgx-h100', mounts: ['/raid'] });
    const seen: Seen = { gpus: times(8, H100), system: { vendor: known('NVIDIA'), product: known('DGXH100') } };
    expect(resolveProfile({ siteProfiles: [ours], ...seen })).toMatchObject({
      id: 'our-dgx',
      fabric: { value: 'hgx' },
      mounts: { value: ['/raid'], confidence: 'specified' },
      host: { nvmeDrives: { value: 10 } },
    });
  });

  it('replaces a list as a whole', () => {
    const ours = siteProfile({ id: 'a', extends: 'dgx-h100', services: [], nics: [{ role: 'compute', count: 4 }] });
    expect(resolveProfile({ configured: 'a', siteProfiles: [ours], gpus: [] })).toMatchObject({
      services: { value: [] },
      nics: [{ role: 'compute', count: { value: 4 }, rateGbps: { ok: false } }],
    });
  });

  it('lets a site have a machine with few GPUs', () => {
    const ours = siteProfile({ id: 'slice', products: ['NVIDIA H100 80GB HBM3'], gpu: { count: 2 } });
    expect(resolveProfile({ siteProfiles: [ours], gpus: times(2, H100) }).id).toBe('slice');
  });
});

const captures = resolve(
  process.env.MUSTER_SAMPLES ?? resolve(fileURLToPath(new URL('../../', import.meta.url)), '../shared/samples'),
  'nvsmi-xml',
);
describe.skipIf(!existsSync(captures))(`real captures (${existsSync(captures) ? 'found' : 'not here'})`, () => {
  const element = (xml: string, name: string) =>
    [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) => text);

  it.each([
    ['hw-a100-570.148.08.xml', 'generic:NVIDIA A100-SXM4-40GB'],
    ['hw-h100-580.105.08.xml', 'hgx-h100-8'],
    ['hw-gb200-580.173.02.xml', 'gb200-nvl72'],
    ['hw-l40s-595.91.07.xml', 'generic:NVIDIA L40S'],
    ['a10g.xml', 'generic:NVIDIA A10G'],
    ['tesla-t4.xml', 'generic:Tesla T4'],
    ['dual_2080-v13.xml', 'generic:NVIDIA GeForce RTX 2080'],
  ])('%s is %s', (file, id) => {
    const xml = readFileSync(resolve(captures, file), 'utf8');
    const devices = element(xml, 'pci_device_id');
    const boards = element(xml, 'pci_sub_system_id');
    const gpus = element(xml, 'product_name').map((name, at) => gpu(name, devices[at], boards[at]));
    expect(matchProfile({ gpus }).id).toBe(id);
  });
});
