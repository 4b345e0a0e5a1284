import { describe, expect, it } from 'vitest';
import fabric from '../../../checks/gpu/fabric-unhealthy.ts';
import nvlinkDown from '../../../checks/gpu/nvlink-down.ts';
import nvlinkErrors from '../../../checks/gpu/nvlink-errors.ts';
import pcie from '../../../checks/gpu/pcie-degraded.ts';
import replays from '../../../checks/gpu/pcie-replays.ts';
import { absent, type Counter, type Gpu, type GpuNvLinks, known, type NvLink } from '../../../src/api.ts';
import { healthyFacts, healthyLinks, nvl72Facts } from '../../support/healthy-facts.ts';
import {
  assumed,
  BOOTED_AT,
  counterOf,
  genericProfile,
  gpuRef,
  healthyGpu,
  healthyGpus,
  type Overrides,
  profileOf,
  signalOf,
  specified,
  steady,
} from '../../support/healthy-gpu.ts';
import type { GivenFacts } from '../../support/judge.ts';
import { saidOf } from '../../support/said.ts';

const no = absent('unsupported', 'N/A');

const linksOf = (index: number, up: number, listed = 18): GpuNvLinks => {
  const { ref, links } = healthyLinks(gpuRef(index), listed);
  if (!links.ok) throw new Error('healthy links are known');
  return { ref, links: known(links.value.map((link): NvLink => ({ ...link, up: link.link < up }))) };
};
const withLinks = (...ups: readonly number[]): GivenFacts => ({ nvlinks: ups.map((up, i) => linksOf(i, up)) });
const generic = { profile: genericProfile() };

/** A node with no more GPUs than those whose links are given. */
const factsOf = (over: GivenFacts): GivenFacts =>
  healthyFacts({ ...(Array.isArray(over.nvlinks) ? { gpus: healthyGpus(over.nvlinks.length) } : {}), ...over });

/** Four GPUs, of which nvidia-smi lists the links of the first few only. */
const listing = (count: number, over: Overrides<Gpu> = {}): GivenFacts => ({
  gpus: [...healthyGpus(3), healthyGpu(3, over)],
  nvlinks: Array.from({ length: count }, (_, i) => linksOf(i, 18)),
});

describe('gpu/nvlink-down', () => {
  const down = (index: number) => `gpu ${index}: CRITICAL links-down, drain, reset_gpu`;
  it.each<[string, GivenFacts, readonly string[], readonly string[]]>([
    ['passes eight whole GPUs', {}, [], []],
    ['finds one link down', withLinks(18, 17, 18, 18), [down(1)], []],
    ['finds it by its siblings alone', { ...withLinks(18, 17, 18, 18), ...generic }, [down(1)], []],
    [
      'finds all links down on an NVLink machine',
      { nvlinks: [...(withLinks(18, 18).nvlinks as GpuNvLinks[]), { ref: gpuRef(2), links: known([]) }] },
      [down(2)],
      [],
    ],
    [
      'finds all GPUs down by the profile',
      { nvlinks: [0, 1].map((i) => ({ ref: gpuRef(i), links: known([]) })) },
      [down(0), down(1)],
      [],
    ],
    ['takes H100 NVL with 12 of 18 as made', { ...withLinks(12, 12, 12, 12), ...generic }, [], []],
    [
      'knows nothing of a GeForce without a bridge',
      { nvlinks: [{ ref: gpuRef(0), links: known([]) }], ...generic },
      [],
      ['gpu 0: links-down not-recorded'],
    ],
    [
      'does not accuse cards without a bridge beside bridged ones',
      { ...withLinks(12, 12, 0, 0), ...generic },
      [],
      ['gpu 2: links-down not-recorded', 'gpu 3: links-down not-recorded'],
    ],
    [
      'only warns by an assumed number',
      { ...withLinks(12, 12), profile: profileOf({ gpu: { nvlinks: assumed(18) } }) },
      ['gpu 0: WARNING links-down, drain, reset_gpu', 'gpu 1: WARNING links-down, drain, reset_gpu'],
      [],
    ],
    [
      'expects an answer on an NVLink machine',
      { nvlinks: [{ ref: gpuRef(0), links: no }] },
      [],
      ['gpu 0: links-down unsupported expected'],
    ],
    [
      'expects none in MIG mode',
      { nvlinks: [{ ref: gpuRef(0), links: no }], gpus: [healthyGpu(0, { migEnabled: known(true) })] },
      [],
      ['gpu 0: links-down unsupported'],
    ],
    [
      'expects none of a GPU without NVLink',
      { nvlinks: [{ ref: gpuRef(0), links: no }], ...generic },
      [],
      ['gpu 0: links-down unsupported'],
    ],
    [
      'expects links of every GPU of an NVLink machine of which none is listed',
      listing(0),
      [],
      [0, 1, 2, 3].map((i) => `gpu ${i}: links-down unsupported expected`),
    ],
    ['expects links of the one GPU that is not listed', listing(3), [], ['gpu 3: links-down unsupported expected']],
    [
      'expects them where the profile names a fabric but no number',
      { ...listing(3), profile: profileOf({ gpu: { nvlinks: no } }) },
      [],
      ['gpu 3: links-down unsupported expected'],
    ],
    [
      'says of a lost GPU that it is the GPU that is not there',
      listing(3, { health: known('lost') }),
      [],
      ['gpu 3: links-down no-device expected'],
    ],
    [
      'expects no list of a GPU in MIG mode',
      listing(3, { migEnabled: known(true) }),
      [],
      ['gpu 3: links-down unsupported'],
    ],
    [
      'expects nothing of a machine without a profile that lists none',
      { ...listing(0), ...generic },
      [],
      [0, 1, 2, 3].map((i) => `gpu ${i}: links-down unsupported`),
    ],
  ])('%s', (_, over, findings, unjudged) => {
    expect(saidOf(nvlinkDown, factsOf(over))).toMatchObject({ findings, unjudged });
  });

  it('says that NVLink may be turned off', () => {
    expect(saidOf(nvlinkDown, healthyFacts(listing(3))).judgements.at(-1)).toMatchObject({
      because: { detail: 'nvidia-smi nvlink -s lists no link of it; NVLink may be turned off (NvLinkDisable)' },
    });
  });

  it('names the links', () => {
    const [judgement] = saidOf(nvlinkDown, healthyFacts(withLinks(16, 18, 18, 18))).judgements;
    expect(judgement).toMatchObject({
      finding: { evidence: { links_down: '16 17', links_up: 16 }, observed: '16 up' },
    });
  });
});

describe('gpu/nvlink-errors', () => {
  const with1 = (errors: Readonly<Record<string, Counter>>) =>
    saidOf(nvlinkErrors, {
      nvlinks: [{ ref: gpuRef(0), links: known([{ link: 4, up: true, rateGBps: known(26), errors }]) }],
    });
  it.each<[string, Readonly<Record<string, Counter>>, readonly string[]]>([
    ['passes large totals that stand still', { replay: steady(60_000), crc: steady(9e6) }, []],
    [
      'finds a replay a minute',
      { replay: counterOf(5, { interval: 1, '15m': 1, '1h': 1 }) },
      ['gpu 0: WARNING replay-errors, stay, reset_gpu'],
    ],
    [
      'finds a slow but steady growth over an hour',
      { recovery: counterOf(70, { interval: 0, '15m': 0, '1h': 60 }) },
      ['gpu 0: WARNING recovery-errors, stay, reset_gpu'],
    ],
    ['passes one event in a quarter of an hour', { recovery: counterOf(1, { interval: 0, '15m': 1, '1h': 1 }) }, []],
    ['passes some CRC errors', { crc: counterOf(500, { interval: 50, '15m': 500, '1h': 500 }) }, []],
    [
      'finds 100 CRC errors a second',
      { crc_flit: counterOf(9e6, { interval: 6000, '15m': 90_000, '1h': 360_000 }) },
      ['gpu 0: WARNING crc-errors, stay, reset_gpu'],
    ],
    [
      'finds NVLink 5 errors',
      { malformed_packet: counterOf(3, { interval: 3, '15m': 3, '1h': 3 }) },
      ['gpu 0: WARNING link-errors, stay, reset_gpu'],
    ],
    [
      'finds failed recoveries of NVLink 5',
      { link_recovery_failed_events: counterOf(2, { interval: 2 }) },
      ['gpu 0: WARNING recovery-errors, stay, reset_gpu'],
    ],
    [
      'passes what error correction repaired',
      {
        rx: steady(0),
        fec_0: counterOf(9e12, { interval: 1e9 }),
        symbol: counterOf(9e9, { interval: 1e5 }),
        total_link_recovery_events: counterOf(5, { interval: 5 }),
      },
      [],
    ],
  ])('%s', (_, errors, findings) => {
    expect(with1(errors).findings).toEqual(findings);
  });

  it('does not pass a counter without history, nor one that cannot be read', () => {
    expect(with1({ replay: counterOf(0) })).toMatchObject({
      passes: [],
      unjudged: ['gpu 0: replay-errors no-history'],
    });
    const unread = absent('failed', 'nvlink -e failed');
    const said = with1({
      replay: steady(0),
      crc: counterOf(unread, { interval: unread, '15m': unread, '1h': unread }),
    });
    expect(said).toMatchObject({ passes: ['gpu 0: replay-errors'], unjudged: ['gpu 0: crc-errors failed'] });
  });

  it('passes no GPU whose links are not listed', () => {
    const said = saidOf(nvlinkErrors, healthyFacts(listing(3)));
    expect(said.passes.filter((line) => line.startsWith('gpu 3'))).toEqual([]);
    expect(said.unjudged).toContain('gpu 3: recovery-errors unsupported');
  });

  it('names link and kind', () => {
    expect(with1({ replay: counterOf(7, { interval: 7 }) }).messages).toEqual([
      'NVLink 4 of GPU 0: error counter "replay" grew by 7 within 30 s; 1 a minute is too much',
    ]);
  });
});

describe('gpu/fabric-unhealthy', () => {
  type Fabric = Overrides<Gpu['fabric']>;
  const one = (over: Fabric, index = 1): GivenFacts => ({
    gpus: healthyGpus(4).map((gpu, i) => (i === index ? healthyGpu(i, { fabric: over }) : gpu)),
  });
  const joined = ['gpu 1: CRITICAL not-joined, drain, reboot'];
  it.each<[string, GivenFacts, readonly string[], readonly string[]]>([
    ['passes Completed and Success', {}, [], []],
    ['finds a bad status', one({ status: known('Insufficient Resources') }), joined, []],
    [
      'finds a GPU that is still in progress long after boot',
      one({ state: known('In Progress'), status: no }),
      joined,
      [],
    ],
    ['finds it by its siblings alone', { ...one({ state: known('Not Started'), status: no }), ...generic }, joined, []],
    [
      'expects an answer where siblings have joined',
      { ...one({ state: no, status: no }), ...generic },
      [],
      ['gpu 1: not-joined unsupported expected'],
    ],
    [
      'finds an unhealthy summary',
      one({ health: { summary: known('Unhealthy') } }),
      ['gpu 1: CRITICAL unhealthy, drain, reset_gpu'],
      [],
    ],
    [
      'finds limited capacity',
      one({ health: { summary: known('Limited Capacity') } }),
      ['gpu 1: CRITICAL unhealthy, drain, reset_gpu'],
      [],
    ],
    [
      'finds degraded bandwidth',
      one({ health: { bandwidth: known('Degraded') } }),
      ['gpu 1: CRITICAL bandwidth-degraded, drain, reset_gpu'],
      [],
    ],
    [
      'finds an unhealthy route',
      one({ health: { routeUnhealthy: known('True') } }),
      ['gpu 1: CRITICAL route-unhealthy, drain, reset_gpu'],
      [],
    ],
    [
      'finds a route recovery',
      one({ health: { routeRecoveryInProgress: known('True') } }),
      ['gpu 1: CRITICAL route-recovery, drain, reset_gpu'],
      [],
    ],
    [
      'finds an access timeout',
      one({ health: { accessTimeoutRecovery: known('True') } }),
      ['gpu 1: CRITICAL access-timeout, drain, reset_gpu'],
      [],
    ],
    [
      'finds a wrong configuration',
      one({ health: { incorrectConfiguration: known('insufficient_nvlinks') } }),
      ['gpu 1: CRITICAL misconfigured, drain, service'],
      [],
    ],
    [
      'finds GPUs in different domains',
      one({ cliqueId: known('7') }),
      ['node: CRITICAL domains-differ, drain, reboot'],
      [],
    ],
    [
      'takes any case of a healthy word',
      one({ health: { summary: known('HEALTHY'), bandwidth: known('full') } }),
      [],
      [],
    ],
  ])('%s', (_, over, findings, expectedUnjudged) => {
    const said = saidOf(fabric, healthyFacts(over));
    expect(said.findings).toEqual(findings);
    expect(said.unjudged.filter((line) => line.includes('not-joined'))).toEqual(expectedUnjudged);
  });

  it('waits for the fabric after boot, without a pass', () => {
    const said = saidOf(fabric, healthyFacts(one({ state: known('In Progress'), status: no })), {
      now: BOOTED_AT + 9 * 60_000,
    });
    expect(said.findings).toEqual([]);
    expect(said.unjudged).toContain('gpu 1: not-joined failed expected');
  });

  it('expects nothing of an HGX A100, which prints N/A', () => {
    const silent = { state: no, status: no, cliqueId: no, clusterUuid: no };
    const gpus = [0, 1].map((i) => healthyGpu(i, { architecture: known('Ampere'), fabric: silent }));
    const said = saidOf(fabric, healthyFacts({ gpus }));
    expect(said).toMatchObject({ passes: [], findings: [] });
    expect(said.unjudged.filter((line) => line.endsWith('expected'))).toEqual([]);
  });

  it('requires a domain on NVL72 only', () => {
    const zeros = { cliqueId: known('0'), clusterUuid: known('00000000-0000-0000-0000-000000000000') };
    expect(saidOf(fabric, healthyFacts()).findings).toEqual([]);
    const gpus = healthyGpus(4).map((_, i) => healthyGpu(i, { fabric: zeros }));
    expect(saidOf(fabric, nvl72Facts({ gpus })).findings).toContain('gpu 0: CRITICAL no-domain, drain, reboot');
    expect(saidOf(fabric, nvl72Facts()).findings).toEqual([]);
  });

  it('does not accuse a machine that is not known to have a fabric', () => {
    const gpus = [0, 1].map((i) => healthyGpu(i, { fabric: { state: known('In Progress'), status: no } }));
    expect(saidOf(fabric, { gpus, ...generic })).toMatchObject({ findings: [] });
  });
});

describe('gpu/pcie-degraded', () => {
  const one = (over: Overrides<Gpu>): GivenFacts => ({
    gpus: healthyGpus(4).map((gpu, i) => (i === 1 ? healthyGpu(i, over) : gpu)),
  });
  const all = (over: Overrides<Gpu>): GivenFacts => ({ gpus: [0, 1, 2, 3].map((i) => healthyGpu(i, over)) });
  const narrow = { pcie: { width: known(8) } };
  const lost = 'gpu 1: CRITICAL width-reduced, drain, service';
  const each = (line: string) => [0, 1, 2, 3].map((i) => line.replace('#', String(i)));
  const slow = { pcie: { generation: known(1) } };
  it.each<[string, GivenFacts, readonly string[]]>([
    ['passes full links', {}, []],
    ['finds x8 beside siblings with x16', { ...one(narrow), ...generic }, [lost]],
    [
      'finds x8 that hides its maximum',
      { ...one({ pcie: { width: known(8), maxWidth: known(8) } }), ...generic },
      [lost],
    ],
    [
      'finds x8 everywhere where the machine has x16',
      all(narrow),
      each('gpu #: CRITICAL width-reduced, drain, service'),
    ],
    [
      'only warns by an assumed width',
      { ...all(narrow), profile: profileOf({ gpu: { pcieWidth: assumed(16) } }) },
      each('gpu #: WARNING width-reduced, stay, service'),
    ],
    [
      'only mentions x8 everywhere on an unknown machine',
      { ...all(narrow), ...generic },
      each('gpu #: INFO width-reduced, stay, none'),
    ],
    [
      'only mentions x8 everywhere in a virtual machine',
      all({ ...narrow, virtualization: known('Pass-Through') }),
      each('gpu #: INFO width-reduced, stay, none'),
    ],
    [
      'does not compare different models',
      {
        gpus: [
          healthyGpu(0),
          healthyGpu(1, { ...narrow, ref: { model: 'NVIDIA T4' }, pcie: { width: known(8), maxWidth: known(8) } }),
        ],
        ...generic,
      },
      [],
    ],
    ['passes a generation that dropped at idle', one(slow), []],
    ['passes it while a process only holds memory', one({ ...slow, busy: known(true) }), []],
    [
      'finds a low generation under load',
      one({ ...slow, busy: known(true), utilizationRatio: signalOf(0.9) }),
      ['gpu 1: WARNING generation-low, stay, service'],
    ],
    [
      'finds a link that can do less than its siblings',
      { ...one({ pcie: { generation: known(4), maxGeneration: known(4) } }), ...generic },
      ['gpu 1: WARNING max-generation-low, stay, service'],
    ],
    [
      'finds links that can do less than the machine',
      {
        ...all({ pcie: { generation: known(4), maxGeneration: known(4) } }),
        profile: profileOf({ gpu: { pcieGeneration: specified(5) } }),
      },
      each('gpu #: WARNING max-generation-low, stay, service'),
    ],
  ])('%s', (_, over, findings) => {
    expect(saidOf(pcie, healthyFacts(over)).findings).toEqual(findings);
  });

  it('does not claim that an idle link could be fast', () => {
    const said = saidOf(pcie, healthyFacts(one(slow)));
    expect(said.unjudged).toEqual(['gpu 1: generation-low no-history']);
    expect(said.passes).not.toContain('gpu 1: generation-low');
  });
});

describe('gpu/pcie-replays', () => {
  const of = (counter: Counter, over: Overrides<Gpu['pcie']> = {}, options = {}) =>
    saidOf(replays, { gpus: [healthyGpu(0, { pcie: { ...over, replays: counter } })] }, { options });
  const found = ['gpu 0: WARNING replays-rising, stay, watch'];
  it.each<[string, ReturnType<typeof of>, readonly string[]]>([
    ['a large total that stands still', of(steady(4_000_000)), []],
    ['31 a minute on generation 5 x16', of(counterOf(31, { interval: 31, '15m': 31, '1h': 31 })), []],
    ['32 a minute', of(counterOf(32, { interval: 32, '15m': 32, '1h': 32 })), found],
    [
      '9 a minute on generation 3 x16',
      of(counterOf(9, { interval: 9, '15m': 9, '1h': 9 }), { maxGeneration: known(3) }),
      found,
    ],
    [
      '50 a minute on generation 6 x16',
      of(counterOf(50, { interval: 50, '15m': 50, '1h': 50 }), { maxGeneration: known(6) }),
      [],
    ],
    [
      'more than the site allows',
      of(counterOf(3, { interval: 3, '15m': 3, '1h': 3 }), {}, { pcie_replays_per_minute: 2 }),
      found,
    ],
  ])('%s', (_, said, findings) => {
    expect(said.findings).toEqual(findings);
  });

  it('needs history', () => {
    expect(of(counterOf(900))).toMatchObject({ passes: [], unjudged: ['gpu 0: replays-rising no-history'] });
  });
});
