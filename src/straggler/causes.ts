import type { Cause, Component, GpuSample, GpuWindow } from '../api.ts';
import { usualOf } from './group-by.ts';
import { RULES } from './rules.ts';
import { megahertz, percent } from './wording.ts';

/** A GPU with what it printed last and what its window comes to. */
export interface CauseInput {
  readonly ref: Component;
  readonly latest: GpuSample;
  /** The latest sample in which it worked. */
  readonly working: GpuSample | undefined;
  readonly window: GpuWindow;
}

/** What is usual among the like, by column; from all GPUs of one model, whatever node they are on. */
export interface Usual {
  readonly powerLimitWatts: number | undefined;
  readonly applicationSmHertz: number | undefined;
  readonly applicationClocksRatio: number | undefined;
  readonly pcieWidth: number | undefined;
  readonly pcieGeneration: number | undefined;
}

/** A link drops its generation when the GPU idles (nvidia-smi manual): only what works tells it. */
const workingGeneration = ({ working, window }: CauseInput): number | undefined =>
  (window.busyRatio ?? 0) >= RULES.busyAt ? working?.pcieGeneration : undefined;

export const usualAmong = (inputs: readonly CauseInput[]): Usual => {
  const usual = (of: (input: CauseInput) => number | undefined): number | undefined =>
    usualOf(inputs.map(of).filter((value) => value !== undefined));
  return {
    powerLimitWatts: usual(({ latest }) => latest.powerLimitWatts),
    applicationSmHertz: usual(({ latest }) => latest.applicationSmHertz),
    applicationClocksRatio: usual(({ window }) =>
      window.throttleRatio.application_clocks === undefined
        ? undefined
        : Math.round(window.throttleRatio.application_clocks),
    ),
    pcieWidth: usual(({ latest }) => latest.pcieWidth),
    pcieGeneration: usual(workingGeneration),
  };
};

const celsius = ({ temperatureCelsius }: GpuWindow): string =>
  temperatureCelsius === undefined ? '' : `, ${Math.round(temperatureCelsius)} °C`;

const windowText = `the last ${RULES.windowSeconds / 60} min`;

/** Shares of the window; `hw_slowdown` is both reasons where a driver splits neither. */
const throttled = (ratio: GpuWindow['throttleRatio']): { readonly thermal: number; readonly brake: number } => {
  const { hw_thermal: hardware, sw_thermal: software, hw_power_brake: brake, hw_slowdown: any } = ratio;
  const isSplit = hardware !== undefined || brake !== undefined;
  return { thermal: Math.max(hardware ?? 0, software ?? 0, isSplit ? 0 : (any ?? 0)), brake: brake ?? 0 };
};

/** The largest share of the window in which heat or the brake held it. */
export const throttledShare = (window: GpuWindow | undefined): number => {
  const { thermal, brake } = throttled(window?.throttleRatio ?? {});
  return Math.max(thermal, brake);
};

/** Throttle time is absolute evidence: it needs no peers. */
const throttling = ({ window }: CauseInput): readonly Cause[] => {
  const { thermal, brake } = throttled(window.throttleRatio);
  return [
    ...(thermal >= RULES.throttleRatio
      ? [
          {
            kind: 'thermal_throttle' as const,
            detail: `thermally throttled ${percent(thermal)} of ${windowText}${celsius(window)}`,
          },
        ]
      : []),
    ...(brake >= RULES.throttleRatio
      ? [{ kind: 'power_brake' as const, detail: `held by the power brake ${percent(brake)} of ${windowText}` }]
      : []),
  ];
};

/** nvidia-smi prints watts to two decimals and the limit is set to whole ones. */
const WATT = 1;

const powerLimit = ({ latest }: CauseInput, usual: Usual): readonly Cause[] => {
  const { powerLimitWatts: limit, defaultPowerLimitWatts: own } = latest;
  // Its own default tells two boards of one log apart; without it the peers do.
  const expected = own ?? usual.powerLimitWatts;
  if (limit === undefined || expected === undefined || limit >= expected - WATT) return [];
  const than = own !== undefined ? `its default is ${own} W` : `its peers may draw ${expected} W`;
  return [{ kind: 'power_limit_lowered', detail: `power limit ${limit} W, ${than}` }];
};

const clocks = ({ latest, window }: CauseInput, usual: Usual): readonly Cause[] => {
  const { applicationSmHertz: now, defaultApplicationSmHertz: own } = latest;
  const expected = Math.max(own ?? 0, usual.applicationSmHertz ?? 0);
  if (now !== undefined && now < expected)
    return [
      { kind: 'clocks_locked', detail: `application clocks set to ${megahertz(now)}, usually ${megahertz(expected)}` },
    ];
  const held = window.throttleRatio.application_clocks ?? 0;
  if (held >= RULES.busyAt && usual.applicationClocksRatio === 0)
    return [
      { kind: 'clocks_locked', detail: `held by its application clocks ${percent(held)} of ${windowText}, peers not` },
    ];
  return [];
};

const pcie = (input: CauseInput, usual: Usual): readonly Cause[] => {
  const { pcieWidth: width, pcieMaxWidth: maxWidth, pcieMaxGeneration: maxGeneration } = input.latest;
  const generation = workingGeneration(input);
  // What does all that it can with this host is another kind of board, or slot.
  const can = (now: number, usually: number | undefined, most: number | undefined): boolean =>
    usually === undefined || now >= usually || (most !== undefined && now >= most);
  const narrower = width !== undefined && !can(width, usual.pcieWidth, maxWidth);
  const older = generation !== undefined && !can(generation, usual.pcieGeneration, maxGeneration);
  if (!narrower && !older) return [];
  const link = (gen: number | undefined, lanes: number | undefined): string =>
    [gen === undefined ? '' : `Gen${gen}`, lanes === undefined ? '' : `x${lanes}`].filter(Boolean).join(' ');
  const own = link(generation ?? input.latest.pcieGeneration, width);
  return [{ kind: 'pcie_degraded', detail: `PCIe ${own}, its peers ${link(usual.pcieGeneration, usual.pcieWidth)}` }];
};

const rows = ({ latest }: CauseInput): readonly Cause[] =>
  (latest.remappedRows ?? 0) >= RULES.remappedRows
    ? [{ kind: 'remapped_rows', detail: `${latest.remappedRows} remapped rows` }]
    : [];

/** Why this GPU may be slow, by its own state and by what is usual among the like. */
export const causesOf = (input: CauseInput, usual: Usual): readonly Cause[] => [
  ...throttling(input),
  ...powerLimit(input, usual),
  ...clocks(input, usual),
  ...pcie(input, usual),
  ...rows(input),
];
