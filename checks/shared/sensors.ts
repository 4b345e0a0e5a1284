import { absent, type N, type Signal } from '../../src/api.ts';

/** What a temperature sensor shows now. Of a part that is not there or does not answer some print 0 °C: no sensor, not a cold one. */
export const sensorCelsius = ({ latest }: Signal): N =>
  latest.ok && latest.value <= 0 ? absent('unsupported', `${latest.value} °C is no reading of a sensor`) : latest;
