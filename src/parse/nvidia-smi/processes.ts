import { absent, type B, type GpuProcess, known, type N, type Reading } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { bytes, integer, unreadable } from '../quantity.ts';
import { combine, type Leaves } from './leaves.ts';

const process = (info: ReadonlyMap<string, string>): Reading<GpuProcess> => {
  const pid = integer(info.get('pid') ?? '');
  if (!pid.ok) return absent(pid.reason, `processes/process_info/pid: ${pid.detail}`);
  const type = info.get('type');
  // Without it nobody knows whether the process computes, and the GPU would look idle.
  if (type === undefined) return absent('failed', 'processes/process_info/type: missing');
  return known({
    pid: pid.value,
    name: info.get('process_name') ?? '',
    type,
    memoryBytes: bytes(info.get('used_memory') ?? ''),
  });
};

/** An empty element is an empty list; with MIG on it lists the processes of every instance. */
export const processes = ({ element, read }: Leaves): Reading<readonly GpuProcess[]> => {
  if (element.branches.has('processes')) return combine(element.processes.map(process), (list) => list);
  return read('processes', (text) => (text === '' ? known([]) : (absenceOf(text) ?? unreadable(text, 'a list'))));
};

const computes = ({ type }: GpuProcess): boolean => type.split('+').includes('C');

/** Work is running: utilisation above zero or a compute process. Where utilisation is not told, the processes decide. */
export const busy = (utilization: N, list: Reading<readonly GpuProcess[]>): B => {
  if (utilization.ok && utilization.value > 0) return known(true);
  if (list.ok && list.value.some(computes)) return known(true);
  if (!utilization.ok && utilization.reason !== 'unsupported') return utilization;
  return list.ok ? known(false) : list;
};
