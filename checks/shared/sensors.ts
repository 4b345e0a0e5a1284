import { absent, type N, type NicPort, type Signal } from '../../src/api.ts';
import { peersOf } from './ports.ts';
import { isNotProvided } from './readings.ts';

/** What a temperature sensor shows now. Of a part that is not there or does not answer some print 0 °C, as virtual GPUs do: no sensor, not a cold one. */
export const sensorCelsius = ({ latest }: Signal): N =>
  latest.ok && latest.value <= 0 ? absent('unsupported', `${latest.value} °C is no reading of a sensor`) : latest;

/**
 * Ports with a sensor, and those that should have one because others of their role and model have. A copper cable has none,
 * nor has the function of a ConnectX that manages NVSwitches.
 */
export const portsWithSensor = (ports: readonly NicPort[], sensorOf: (port: NicPort) => Signal): readonly NicPort[] =>
  ports.filter((port) =>
    [port, ...peersOf(ports, port)].some((one) => {
      const celsius = sensorCelsius(sensorOf(one));
      return celsius.ok || !isNotProvided(celsius);
    }),
  );
