import { absent, defineCheck } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { condition, stay } from '../shared/rules.ts';
import { portsWithSensor, sensorCelsius } from '../shared/sensors.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'network/hot-optics',
  title: 'A transceiver is too hot',
  why: 'A hot laser loses power and makes bit errors; the link flaps under load, when it hurts, and is fine when somebody looks.',
  source:
    'the threshold that the sensor of the module states itself (hwmon temp*_crit of the mlx5 driver); without one, guides of third parties: above 75 °C',
  remedy:
    'Read the module: `mlxlink -d <device> -m`, `ethtool -m <interface>` (temperature, alarms, laser power). Look at the airflow through the cages and at blanks; reseat the module, then swap it with a cool one to see whether the heat stays with the cage.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  options: {
    optics_celsius: {
      default: 75,
      unit: '°C',
      source: 'guides of third parties: a warning from 75 °C, critical at 80–85 °C (assumed)',
      help: 'a transceiver at or above this is hot, where it states no threshold of its own',
      fromProfile: 'optics-celsius',
    },
  },
  rules: {
    hot: condition(
      'WARNING',
      'Transceiver is at or above its alarm temperature',
      stay('service'),
      'transceivers with a sensor, by the mlx5 driver since Linux 6.7',
    ),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ nics }, { node, options }) => {
    const inUse = nics.filter(({ role }) => role !== 'unused');
    const ports = portsWithSensor(inUse, ({ opticsCelsius }) => opticsCelsius);
    if (ports.length === 0) return [{ unjudged: node, because: NO_SENSOR }];
    return ports.map(({ ref, opticsCelsius, opticsCriticalCelsius }) => {
      const own = opticsCriticalCelsius.ok;
      const limit = own ? opticsCriticalCelsius.value : options.optics_celsius;
      return about(ref, 'hot', sensorCelsius(opticsCelsius), (celsius, name) =>
        celsius >= limit
          ? {
              message: `The transceiver of ${name} is at ${celsius} °C; ${own ? 'its own alarm threshold' : 'the limit'} is ${limit} °C`,
              observed: `${celsius} °C`,
              expected: `below ${limit} °C`,
              evidence: { optics_celsius: celsius, limit_celsius: limit },
            }
          : undefined,
      );
    });
  },
});

const NO_SENSOR = absent('unsupported', 'no port in use has a sensor in its transceiver');
