import { absent, type Gpu, type N, type Raw, signal } from '../../api.ts';
import { celsius } from '../quantity.ts';
import type { Leaves } from './leaves.ts';

/** A vGPU guest has no sensor and prints `0 C` (real capture, GRID P4). */
const coreCelsius = ({ read, text }: Leaves): N => {
  const printed = read('temperature/gpu_temp', celsius);
  const virtualization = text('gpu_virtualization_mode/virtualization_mode');
  const guest = virtualization.ok && virtualization.value.toUpperCase() === 'VGPU';
  return guest && printed.ok && printed.value === 0
    ? absent('unsupported', 'temperature/gpu_temp: 0 C of a vGPU guest, which has no sensor')
    : printed;
};

export const thermal = (leaves: Leaves): Raw<Gpu>['temperature'] => {
  const at = (name: string): N => leaves.read(`temperature/${name}`, celsius);
  return {
    coreCelsius: signal(coreCelsius(leaves)),
    memoryCelsius: signal(at('memory_temp')),
    marginCelsius: signal(at('gpu_temp_tlimit')),
    slowdownMarginCelsius: at('gpu_temp_slow_tlimit_threshold'),
    shutdownMarginCelsius: at('gpu_temp_max_tlimit_threshold'),
    slowdownCelsius: at('gpu_temp_slow_threshold'),
    shutdownCelsius: at('gpu_temp_max_threshold'),
    maxOperatingCelsius: at('gpu_temp_max_gpu_threshold'),
    memoryMaxCelsius: at('gpu_temp_max_mem_threshold'),
  };
};
