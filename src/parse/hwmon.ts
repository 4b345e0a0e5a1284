import { absent, known, type N } from '../api.ts';
import { integer } from './quantity.ts';

// Beyond these no sensor of a machine is to be believed: 0 K, and what registers of ones turn into.
const COLDEST_CELSIUS = -273;
const HOTTEST_CELSIUS = 1000;

/** `temp*_input`, in thousandths of a degree (docs.kernel.org, hwmon/sysfs-interface). */
export const milliCelsius = (text: string): N => {
  const value = integer(text);
  if (!value.ok) return value;
  const celsius = value.value / 1000;
  return celsius > COLDEST_CELSIUS && celsius < HOTTEST_CELSIUS
    ? known(celsius)
    : absent('failed', `${celsius} °C is no temperature`);
};

/** The numbers of the temperature sensors among the files of a chip: `temp1_input` gives `temp1`. */
export const temperatureSensors = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => /^(temp\d{1,3})_input$/.exec(name)?.[1] ?? []);

/** `temp*_crit`; a sensor without a threshold of its own prints 0. */
export const temperatureLimit = (text: string): N => {
  const limit = milliCelsius(text);
  return limit.ok && limit.value <= 0 ? absent('unsupported', `${limit.value} °C is no threshold`) : limit;
};
