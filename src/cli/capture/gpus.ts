import { absent, type Gpu, isPassedThrough, known, type N, type Profile } from '../../api.ts';
import type { FactMap } from '../../engine/snapshot.ts';
import { bestOf, type Entry, leftOut, type Shown, unread, type Warn } from './entry.ts';

const MIB = 2 ** 20;
const HERTZ_PER_MHZ = 1e6;

const scaled = (reading: N, by: number): N => (reading.ok ? known(Math.round(reading.value / by)) : reading);

const nameOf = ({ ref }: Pick<Gpu, 'ref'>): string => `GPU ${ref.index ?? ref.pciBusId ?? ref.key}`;

/** A hypervisor shows its guests links of its own making. */
export const isGuest = ({ virtualization }: Gpu): boolean =>
  virtualization.ok && /pass-?through|vgpu/i.test(virtualization.value);

const productOf = ({ product }: Gpu): string | undefined => (product.ok ? product.value : undefined);

/** The most frequent product; of equals the first. */
export const mainProduct = (gpus: readonly Gpu[]): string | undefined => {
  const names = gpus.flatMap((gpu) => productOf(gpu) ?? []);
  const count = (name: string): number => names.filter((other) => other === name).length;
  return [...new Set(names)].sort((a, b) => count(b) - count(a))[0];
};

/** Those that the bus lists count although the driver has lost them. */
const countOf = ({ gpus, pciGpus }: FactMap): N => {
  const counts = [
    gpus?.ok === true ? gpus.value.length : 0,
    pciGpus?.ok === true ? pciGpus.value.filter((gpu) => !isPassedThrough(gpu)).length : 0,
  ];
  return Math.max(...counts) > 0 ? known(Math.max(...counts)) : absent('no-device', 'no GPU answers');
};

const linksUp = (facts: FactMap, of: (up: readonly { readonly rateGBps: N }[]) => N): readonly Shown[] => {
  const { nvlinks } = facts;
  if (nvlinks?.ok !== true) return nvlinks === undefined ? [] : [{ who: 'every GPU', reading: nvlinks }];
  return nvlinks.value.map(({ ref, links }) => ({
    who: nameOf({ ref }),
    reading: links.ok ? of(links.value.filter(({ up }) => up)) : links,
  }));
};

const fastest = (links: readonly { readonly rateGBps: N }[]): N => {
  const rates = links.flatMap(({ rateGBps }) => (rateGBps.ok ? [rateGBps.value] : []));
  return rates.length > 0 ? known(Math.max(...rates)) : absent('no-device', 'no link is up');
};

/** What the machine shows of its GPUs, as a profile says it. */
export const gpuEntries = (facts: FactMap, profile: Profile, warn: Warn): readonly Entry[] => {
  const { gpus } = facts;
  const count = bestOf('count', [{ who: 'the machine', reading: countOf(facts) }], warn, {
    expected: profile.gpu.count,
    strict: true,
  });
  if (gpus?.ok !== true) return [count, ...(gpus === undefined ? [] : [unread('all else of the GPUs', gpus)])];
  const main = mainProduct(gpus.value);
  const own = gpus.value.filter((gpu) => productOf(gpu) === main);
  const each = (of: (gpu: Gpu) => N): readonly Shown[] => own.map((gpu) => ({ who: nameOf(gpu), reading: of(gpu) }));
  const said = profile.gpu;
  return [
    count,
    ...linkEntries(),
    bestOf(
      'nvlinks',
      linksUp(facts, (up) => known(up.length)),
      warn,
      { expected: said.nvlinks, strict: true },
    ),
    bestOf('nvlink_gbps', linksUp(facts, fastest), warn, { expected: said.nvlinkGBps, strict: true }),
    bestOf(
      'power_limit_watts',
      each(({ power }) => power.defaultLimitWatts),
      warn,
      { expected: said.powerLimitWatts },
    ),
    bestOf(
      'max_sm_mhz',
      each(({ clock }) => scaled(clock.maxSmHertz, HERTZ_PER_MHZ)),
      warn,
      { expected: said.maxSmMHz },
    ),
    bestOf(
      'memory_mib',
      each(({ memory }) => scaled(memory.totalBytes, MIB)),
      warn,
      { expected: said.memoryMiB },
    ),
  ];

  function linkEntries(): readonly Entry[] {
    if (own.some(isGuest)) {
      const why = 'a hypervisor is between, and what it shows of the link says nothing';
      return [leftOut('pcie_generation', why), leftOut('pcie_width', why)];
    }
    return [
      bestOf(
        'pcie_generation',
        each(({ pcie }) => pcie.maxGeneration),
        warn,
        {
          expected: said.pcieGeneration,
          strict: true,
        },
      ),
      widthEntry(),
    ];
  }

  /** All of them narrower than they could be: so may the slots be, or every riser is loose. */
  function widthEntry(): Entry {
    const entry = bestOf(
      'pcie_width',
      each(({ pcie }) => pcie.width),
      warn,
      { expected: said.pcieWidth, strict: true },
    );
    const widest = Math.max(0, ...own.flatMap(({ pcie }) => (pcie.maxWidth.ok ? [pcie.maxWidth.value] : [])));
    if ('leftOut' in entry || Number(entry.value) >= widest) return entry;
    const remark = `the GPUs can do x${widest}; whether their slots can is not known`;
    warn(`pcie_width is ${entry.value}; ${remark}`);
    return { ...entry, remark: entry.remark === undefined ? remark : `${entry.remark}; ${remark}` };
  }
};
