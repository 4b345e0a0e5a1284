import { absent, defineCollector, type Host, known, NODE, type Raw, type Sensor, signal } from '../api.ts';
import { milliCelsius, temperatureSensors } from '../parse/hwmon.ts';
import { directory, line } from './sysfs.ts';

const CLASS = '/sys/class/hwmon';

// Reading a core's sensor interrupts that core, which is at work; the package sensor shows the hottest of them.
const OF_ONE_CORE = /^Core \d+$/;

const readChip = async (host: Host, name: string): Promise<readonly Raw<Sensor>[]> => {
  const chip = directory(host, `${CLASS}/${name}`);
  const files = await chip.list();
  if (!files.ok) return [];
  const named = await chip.leaf('name', line);
  const sensors = await Promise.all(
    temperatureSensors(files.value).map(async (sensor) => {
      const printed = files.value.includes(`${sensor}_label`) ? await chip.leaf(`${sensor}_label`, line) : undefined;
      const label = printed?.ok === true ? printed.value : sensor;
      if (OF_ONE_CORE.test(label)) return [];
      const celsius = signal(await chip.leaf(`${sensor}_input`, milliCelsius));
      return [{ ref: NODE, chip: named.ok ? named.value : name, label, celsius }];
    }),
  );
  return sensors.flat();
};

/** The temperature sensors that the kernel knows: CPU packages, memory, drives, NICs. */
export const hwmon = defineCollector({
  apiVersion: 1,
  id: 'hwmon',
  provides: ['sensors'],
  reads: CLASS,
  schedule: { everySeconds: 60 },
  sheddable: true,
  deadlineMs: 5_000,
  async collect(host) {
    const chips = await host.list(CLASS);
    if (!chips.ok) return { sensors: chips };
    const sensors = (await Promise.all(chips.value.map((name) => readChip(host, name)))).flat();
    return { sensors: sensors.length === 0 ? absent('no-device', `${CLASS} lists no temperature`) : known(sensors) };
  },
});
