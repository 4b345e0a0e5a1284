import { type GpuState, REASONS } from './gpu-state.ts';
import type { CsvFormat } from './spec.ts';

/** Makes the text of a key once; arrays by whole numbers are faster than maps. */
const once = (make: (key: number) => string): ((key: number) => string) => {
  const known: string[] = [];
  return (key) => {
    const text = known[key];
    if (text !== undefined) return text;
    const made = make(key);
    known[key] = made;
    return made;
  };
};

/** The text of a number that mostly stays as it is. */
const lastOf = (make: (value: number) => string): ((value: number) => string) => {
  let last = Number.NaN;
  let text = '';
  return (value) => {
    if (value !== last) {
      last = value;
      text = make(value);
    }
    return text;
  };
};

const REASON_NAMES = [
  ['sw_power_cap', REASONS.powerCap],
  ['hw_slowdown', REASONS.hwSlowdown],
  ['hw_thermal_slowdown', REASONS.hwThermal],
  ['hw_power_brake_slowdown', REASONS.brake],
  ['sw_thermal_slowdown', REASONS.swThermal],
] as const;
const COUNTER_NAMES = ['sw_power_cap', 'sw_thermal_slowdown', 'hw_thermal_slowdown', 'hw_power_brake_slowdown'];

export interface CsvWriter {
  readonly header: string;
  /** The lines of one GPU; a line costs few concatenations, for most of its text has been made before. */
  readonly linesOf: (gpu: GpuState) => (stamp: string) => string;
}

const headerOf = (format: CsvFormat): string =>
  [
    'timestamp, index, uuid, pci.bus_id, name',
    'utilization.gpu [%], clocks.current.sm [MHz], power.draw [W]',
    ...(format.columns === 'few'
      ? ['temperature.gpu']
      : [
          'enforced.power.limit [W], power.default_limit [W], temperature.gpu, temperature.memory',
          'pcie.link.gen.current, pcie.link.gen.max, pcie.link.width.current, pcie.link.width.max',
          ...REASON_NAMES.map(([name]) => `${format.reasons}.${name}`),
          ...(format.counters ? COUNTER_NAMES.map((name) => `${format.reasons}_counters.${name} [us]`) : []),
          ...(format.applicationClocks
            ? ['clocks.applications.graphics [MHz], clocks.default_applications.graphics [MHz]']
            : []),
          ...(format.remappedRows ? ['remapped_rows.correctable, remapped_rows.uncorrectable'] : []),
        ]),
  ].join(', ');

export const csvWriter = (format: CsvFormat): CsvWriter => {
  const unit = (name: string): string => (format.units ? ` ${name}` : '');
  const percent = once((value) => `${value}${unit('%')}`);
  const megahertz = once((value) => `, ${value}${unit('MHz')}`);
  // The driver tells hundredths of a watt.
  const watts = once((hundredths) => `, ${(hundredths / 100).toFixed(2)}${unit('W')}`);
  const integer = once((value) => `, ${value}`);
  // HBM runs a few degrees apart from the die.
  const temperatures = once((celsius) => `, ${celsius}, ${Math.round(0.86 * celsius + 5)}`);
  const reasons = once((bits) => REASON_NAMES.map(([, bit]) => (bits & bit ? ', Active' : ', Not Active')).join(''));
  const microseconds = (value: number): string => `, ${value}${unit('us')}`;

  const linesOf = (gpu: GpuState): ((stamp: string) => string) => {
    const { product } = gpu;
    const identity = `, ${gpu.index}, ${gpu.uuid}, ${product.pciBusIds[gpu.index]}, ${product.name}, `;
    const measured = (stamp: string): string =>
      stamp +
      identity +
      percent(gpu.utilizationPercent) +
      megahertz(gpu.smMegahertz) +
      watts(Math.round(gpu.watts * 100));
    if (format.columns === 'few') return (stamp) => measured(stamp) + integer(Math.round(gpu.celsius));

    const limits = lastOf((limit) => watts(limit * 100) + watts(product.limitWatts * 100));
    const link = lastOf(() => `, ${gpu.pcieGeneration}, ${product.pcieGeneration}, ${gpu.pcieWidth}, 16`);
    const powerCap = lastOf(microseconds);
    const softwareThermal = lastOf(microseconds);
    const hardwareThermal = lastOf(microseconds);
    const brake = lastOf(microseconds);
    const counters = (): string =>
      powerCap(gpu.powerCapMicroseconds) +
      softwareThermal(gpu.softwareThermalMicroseconds) +
      hardwareThermal(gpu.hardwareThermalMicroseconds) +
      brake(gpu.brakeMicroseconds);
    const applications = (): string => megahertz(gpu.lockMegahertz) + megahertz(product.maxSmMegahertz);
    const rows = (): string => integer(gpu.remappedRows) + integer(gpu.remappedByFault);
    return (stamp) => {
      let line =
        measured(stamp) +
        limits(gpu.limitWatts) +
        temperatures(Math.round(gpu.celsius)) +
        link(gpu.pcieGeneration * 100 + gpu.pcieWidth) +
        reasons(gpu.reasons);
      if (format.counters) line += counters();
      if (format.applicationClocks) line += applications();
      if (format.remappedRows) line += rows();
      return line;
    };
  };
  return { header: headerOf(format), linesOf };
};
