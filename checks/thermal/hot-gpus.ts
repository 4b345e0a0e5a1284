import { defineCheck, type Gpu, type Reading } from '../../src/api.ts';
import { about, type Details } from '../shared/about.ts';
import { nameOf } from '../shared/names.ts';
import { isNotProvided } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';
import { sensorCelsius } from '../shared/sensors.ts';

/**
 * Core temperature and margin add up to the maximum operating temperature: 87–88 °C on each H100, H200, B200, GB200
 * and GB300 captured. Some H100 always print a margin of 0 or less; there the sum is far from any real maximum.
 */
const PLAUSIBLE_MAXIMUM_CELSIUS = { from: 75, to: 110 } as const;

export default defineCheck({
  apiVersion: 1,
  id: 'thermal/hot-gpus',
  title: 'GPU at its maximum operating temperature',
  why: 'A GPU at its limit lowers its clocks, and the whole job waits for it; most often a fan, a clogged filter or a loose cold plate.',
  source:
    "nvidia-smi's T.Limit and absolute limits of the GPU itself; temperatures of GPUs in different slots are never compared, since air-cooled chassis warm them differently",
  remedy:
    'Look at the trend (`nvidia-smi -q -d TEMPERATURE -i INDEX`), the inlet temperature and the fans (`ipmitool sdr type Fan`), or the coolant flow. One hot GPU: reseat its heat sink or cold plate. All hot: the room or the rack.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    margin_celsius: {
      default: 0,
      unit: '°C',
      source: 'nvidia-smi: a T.Limit of 0 is the maximum operating temperature of the GPU',
      help: 'a distance to the maximum operating temperature (T.Limit) at or below this is hot',
      fromProfile: 'gpu-margin-celsius',
    },
    core_celsius: {
      default: 87,
      unit: '°C',
      source: 'core temperature plus T.Limit margin is 87–88 °C on real H100, H200, B200, GB200 and GB300',
      help: 'hot from here on, where the GPU prints a margin that cannot be true',
      fromProfile: 'gpu-core-celsius',
    },
  },
  rules: {
    hot: condition('WARNING', 'GPU is at or above its maximum operating temperature', stay('watch')),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ gpus }, { options }) =>
    gpus.map((gpu) =>
      about(gpu.ref, 'hot', heatOf(gpu, options), ({ excess, details }): Details | undefined =>
        excess >= 0 ? { ...details, message: `${nameOf(gpu.ref)} ${details.message}` } : undefined,
      ),
    ),
});

interface Heat {
  /** Degrees above the limit. */
  readonly excess: number;
  readonly details: Details;
}

const heatOf = (
  { temperature, architecture }: Gpu,
  limits: { readonly margin_celsius: number; readonly core_celsius: number },
): Reading<Heat> => {
  const core = sensorCelsius(temperature.coreCelsius);
  const margin = temperature.marginCelsius.latest;
  if (!core.ok) return core;
  if (margin.ok) {
    const maximum = core.value + margin.value;
    const plausible = maximum >= PLAUSIBLE_MAXIMUM_CELSIUS.from && maximum <= PLAUSIBLE_MAXIMUM_CELSIUS.to;
    // Some H100 print 0 or less all the time; a large one beside a hot core cannot be true either.
    if (plausible) return byMargin(margin.value, core.value, limits.margin_celsius);
    return byCore(core.value, limits.core_celsius, 'its own margin is not plausible');
  }
  if (!isNotProvided(margin)) return margin;
  const printed = printedLimit(temperature, architecture);
  if (printed === undefined) return margin;
  if (!printed.reading.ok) return printed.reading;
  return byCore(core.value, printed.reading.value, printed.name);
};

/** Real captures: T4, RTX 2070 to 3090, A10G and A100 print it; GT 1030, P400 and P2000 (Pascal) print N/A. */
const HAVE_OPERATING_LIMIT = ['Turing', 'Ampere'];

/** Ampere and older print absolute limits: the operating one, else the one at which the hardware slows down. */
const printedLimit = (
  { maxOperatingCelsius, slowdownCelsius }: Gpu['temperature'],
  architecture: Gpu['architecture'],
) => {
  const hasOne = architecture.ok && HAVE_OPERATING_LIMIT.includes(architecture.value);
  if (maxOperatingCelsius.ok || hasOne || !isNotProvided(maxOperatingCelsius)) {
    return { reading: maxOperatingCelsius, name: 'its maximum operating temperature' };
  }
  if (slowdownCelsius.ok || !isNotProvided(slowdownCelsius)) {
    return { reading: slowdownCelsius, name: 'its slowdown temperature' };
  }
  return undefined;
};

const byMargin = (margin: number, core: number, limit: number): Reading<Heat> => ({
  ok: true,
  value: {
    excess: limit - margin,
    details: {
      message:
        margin < 0
          ? `is ${-margin} °C above its maximum operating temperature, at ${core} °C`
          : `is ${margin} °C below its maximum operating temperature, at ${core} °C`,
      observed: `margin ${margin} °C`,
      expected: `margin above ${limit} °C`,
      evidence: { margin_celsius: margin, core_celsius: core },
    },
  },
});

const byCore = (core: number, limit: number, name: string): Reading<Heat> => ({
  ok: true,
  value: {
    excess: core - limit,
    details: {
      message: `is at ${core} °C; the limit is ${limit} °C (${name})`,
      observed: `${core} °C`,
      expected: `below ${limit} °C`,
      evidence: { core_celsius: core, limit_celsius: limit, limit: name },
    },
  },
});
