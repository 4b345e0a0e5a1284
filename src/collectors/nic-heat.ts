import { type Absent, absent, type N } from '../api.ts';
import { milliCelsius, temperatureLimit, temperatureSensors } from '../parse/hwmon.ts';
import type { Directory } from './sysfs.ts';

export interface Heat {
  readonly celsius: N;
  /** The threshold that the sensor states for itself. */
  readonly criticalCelsius: N;
}

/** How warm a NIC is: its chip, and the transceiver of each port. */
export interface NicHeat {
  readonly chip: Heat;
  readonly optics: (port: number) => Heat;
}

const none = (why: Absent): Heat => ({ celsius: why, criticalCelsius: why });
const nowhere = (why: Absent): NicHeat => ({ chip: none(why), optics: () => none(why) });

const heatOf = async (chip: Directory, sensor: string): Promise<Heat> => ({
  celsius: await chip.leaf(`${sensor}_input`, milliCelsius),
  criticalCelsius: await chip.leaf(`${sensor}_crit`, temperatureLimit),
});

/**
 * The sensors below a NIC, which the mlx5 driver labels `asic` and `Module<n>` (Linux since 6.7, drivers/net/ethernet/
 * mellanox/mlx5/core/hwmon.c). Without such labels the first sensor is the chip's.
 */
export const nicHeat = async (pci: Directory, hasSensors: boolean): Promise<NicHeat> => {
  if (!hasSensors) {
    return nowhere(absent('unsupported', `${pci.path} has no hwmon; the mlx5 driver has it since Linux 6.7`));
  }
  const chips = await pci.list('hwmon');
  if (!chips.ok) return nowhere(chips);
  for (const name of chips.value) {
    const chip = pci.below(`hwmon/${name}`);
    const files = await chip.list();
    if (!files.ok) return nowhere(files);
    const sensors = temperatureSensors(files.value);
    const labels = await Promise.all(sensors.map((sensor) => chip.read(`${sensor}_label`)));
    const words = labels.map((label) => (label.ok ? label.value.trim() : ''));
    const isModule = (i: number): boolean => /^Module\d+$/.test(words[i] ?? '');
    const own = sensors[words.indexOf('asic')] ?? sensors.find((_, i) => !isModule(i));
    const modules = await Promise.all(sensors.filter((_, i) => isModule(i)).map((sensor) => heatOf(chip, sensor)));
    if (own === undefined && modules.length === 0) continue;
    const noSensor = (of: string): Heat => none(absent('unsupported', `${chip.path} has no sensor of ${of}`));
    return {
      chip: own === undefined ? noSensor('the chip') : await heatOf(chip, own),
      // A function with one port sees the one module that it uses, whatever its number on the card.
      optics: (port) => modules[port - 1] ?? noSensor('a transceiver'),
    };
  }
  return nowhere(absent('unsupported', `${pci.path}/hwmon has no temperature sensor`));
};
