import { absent, defineCheck } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { condition, drain, stay } from '../shared/rules.ts';
import { portsWithSensor, sensorCelsius } from '../shared/sensors.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'thermal/hot-nics',
  title: 'NIC chip is too hot',
  why: 'A NIC that gets too hot switches itself off, and takes its rail and the job with it; before that its links make errors.',
  source:
    'NVIDIA ConnectX-7 and ConnectX-8 user manuals, thermal sensors: warning at 97 °C, critical at 102 °C, shutdown from 110 °C; the threshold of the device itself (hwmon temp*_crit) comes first',
  remedy:
    'Look at the trend (`sensors`, `mget_temp -d BUSID`), the inlet temperature and the fans (`ipmitool sdr type Fan`). One hot NIC: its heat sink, a missing blank, a passive card in a slot without airflow. All hot: the room or the rack.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  options: {
    warning_celsius: {
      default: 97,
      unit: '°C',
      source: 'NVIDIA ConnectX-7 and ConnectX-8 user manuals: warning threshold of the chip',
      help: 'a chip at or above this is hot',
      fromProfile: 'nic-chip-celsius',
    },
    critical_celsius: {
      default: 102,
      unit: '°C',
      source: 'NVIDIA ConnectX-7 and ConnectX-8 user manuals: critical threshold of the chip',
      help: 'a chip at or above this is about to switch itself off, where the device states no threshold of its own',
      fromProfile: 'nic-chip-critical-celsius',
    },
  },
  rules: {
    hot: condition('WARNING', 'NIC chip is at or above its warning temperature', stay('watch')),
    critical: condition('CRITICAL', 'NIC chip is at or above its critical temperature', drain('service')),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ nics }, { node, options }) => {
    const ports = portsWithSensor(nics, ({ chipCelsius }) => chipCelsius);
    if (ports.length === 0) return [{ unjudged: node, because: NO_SENSOR }];
    return ports.flatMap(({ ref, chipCelsius, chipCriticalCelsius }) => {
      const celsius = sensorCelsius(chipCelsius);
      const own = chipCriticalCelsius.ok;
      const critical = own ? chipCriticalCelsius.value : options.critical_celsius;
      const exceeding = (limit: number, name: string) => (at: number, nic: string) =>
        at >= limit
          ? {
              message: `The chip of ${nic} is at ${at} °C; its ${name} is ${limit} °C`,
              observed: `${at} °C`,
              expected: `below ${limit} °C`,
              evidence: { chip_celsius: at, limit_celsius: limit },
            }
          : undefined;
      return [
        about(ref, 'critical', celsius, exceeding(critical, own ? 'own critical threshold' : 'critical temperature')),
        about(ref, 'hot', celsius, exceeding(options.warning_celsius, 'warning temperature')),
      ];
    });
  },
});

const NO_SENSOR = absent('unsupported', 'no NIC has a temperature sensor; the mlx5 driver has it since Linux 6.7');
