import { absent, known, type N } from '../api.ts';
import { integer } from './quantity.ts';

/** One line of `/proc/meminfo` in bytes: `MemAvailable:   2059243412 kB`, where kB are 1024 bytes (proc_meminfo(5)). */
export const memoryLine = (meminfo: string, name: 'MemTotal' | 'MemAvailable'): N => {
  const line = meminfo.split('\n').find((one) => one.startsWith(`${name}:`));
  const [, digits] = /:\s*(\d+) kB$/.exec(line?.trim() ?? '') ?? [];
  if (digits === undefined) return absent('failed', `/proc/meminfo without a line "${name}: … kB"`);
  const kibibytes = integer(digits);
  return kibibytes.ok ? known(kibibytes.value * 1024) : kibibytes;
};
