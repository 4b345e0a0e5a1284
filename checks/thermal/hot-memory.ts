import { defineCheck, type Gpu, type N } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { nameOf } from '../shared/names.ts';
import { isNotProvided } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';
import { sensorCelsius } from '../shared/sensors.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'thermal/hot-memory',
  title: 'GPU memory at its maximum temperature',
  why: 'HBM near its limit refreshes more often, throttles, and makes more bit errors; it can be hot while the core looks cool.',
  source:
    'nvidia-smi, memory temperature and `gpu_temp_max_mem_threshold`; NVIDIA nvml.h NVML_TEMPERATURE_THRESHOLD_MEM_MAX',
  remedy:
    'Compare `nvidia-smi -q -d TEMPERATURE -i INDEX` with the inlet temperature and fan speeds. A single GPU: reseat the heat sink or cold plate; all of them: airflow or coolant.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    memory_celsius: {
      default: 95,
      unit: '°C',
      source:
        'real capture, A100, driver 570.148: maximum memory temperature 95 °C; Hopper and later print no absolute limit',
      help: 'memory temperature from which a GPU is hot, where it prints no limit of its own',
      fromProfile: 'gpu-memory-celsius',
    },
  },
  rules: {
    hot: condition(
      'WARNING',
      'GPU memory is at or above its maximum temperature',
      stay('watch'),
      'GPUs with a temperature sensor in their memory (HBM)',
    ),
  },
  raise: { hits: 2, of: 3, clear: 3 },
  judge: ({ gpus }, { options }) =>
    gpus.map((gpu) => {
      const limit = limitOf(gpu, options.memory_celsius);
      return about(gpu.ref, 'hot', limit.ok ? sensorCelsius(gpu.temperature.memoryCelsius) : limit, (celsius) =>
        limit.ok && celsius >= limit.value
          ? {
              message: `memory of ${nameOf(gpu.ref)} is at ${celsius} °C; the limit is ${limit.value} °C`,
              observed: `${celsius} °C`,
              expected: `below ${limit.value} °C`,
              evidence: { memory_celsius: celsius, limit_celsius: limit.value },
            }
          : undefined,
      );
    }),
});

/** A GPU that prints its other limits in °C (Ampere and older) would print this one too, so N/A is no leave to assume it. */
const limitOf = ({ temperature }: Gpu, otherwise: number): N => {
  const { memoryMaxCelsius, maxOperatingCelsius, slowdownCelsius } = temperature;
  if (memoryMaxCelsius.ok || !isNotProvided(memoryMaxCelsius)) return memoryMaxCelsius;
  if (maxOperatingCelsius.ok || slowdownCelsius.ok) return memoryMaxCelsius;
  return { ok: true, value: otherwise };
};
