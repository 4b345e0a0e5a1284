import {
  type Absent,
  absent,
  defineCollector,
  type HostPressure,
  known,
  NODE,
  type Raw,
  type Reading,
  type Stall,
} from '../api.ts';
import { stall } from '../parse/pressure.ts';
import { parsed } from '../parse/reading.ts';
import { directory } from './sysfs.ts';

const DIRECTORY = '/proc/pressure';

const bothAbsent = (why: Absent): Stall => ({ avg60: why, avg300: why });

const whole = (reading: Reading<Stall>): Stall => (reading.ok ? reading.value : bothAbsent(reading));

/**
 * How long tasks of the host wait for CPU, memory and I/O. /proc/pressure is the machine's in a container too; what one
 * container waits for is in its control group. Where `psi=0` turned the accounting off a kernel either lists no such
 * directory or refuses each file with EOPNOTSUPP (kernel/sched/psi.c): both are "unsupported".
 */
export const hostPressure = defineCollector({
  apiVersion: 1,
  id: 'host-pressure',
  provides: ['hostPressure'],
  reads: DIRECTORY,
  // The shortest average that is judged is over a minute.
  schedule: { everySeconds: 30 },
  sheddable: true,
  deadlineMs: 5_000,
  async collect(host) {
    const files = directory(host, DIRECTORY);
    const read = async (name: string): Promise<Reading<Stall>> => parsed(await files.read(name), stall);
    const [cpu, memory, io] = await Promise.all([read('cpu'), read('memory'), read('io')]);
    // One answer for all where none is there: the kernel keeps no account.
    if (!cpu.ok && !memory.ok && !io.ok) return { hostPressure: absent(cpu.reason, withoutAccounting(cpu)) };
    const value: Raw<HostPressure> = { ref: NODE, cpu: whole(cpu), memory: whole(memory), io: whole(io) };
    return { hostPressure: known(value) };
  },
});

const withoutAccounting = ({ reason, detail }: Absent): string =>
  reason === 'unsupported'
    ? `${detail}; the kernel keeps no pressure stall information (from 4.20, with psi=1)`
    : detail;
