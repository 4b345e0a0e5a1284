import { defineCollector, type HostMemory, known, NODE, type Raw, signal } from '../api.ts';
import { memoryLine } from '../parse/meminfo.ts';

const FILE = '/proc/meminfo';

/** How much memory the host has and how much of it a new program could get. */
export const hostMemory = defineCollector({
  apiVersion: 1,
  id: 'host-memory',
  provides: ['hostMemory'],
  reads: FILE,
  schedule: { everySeconds: 45 },
  sheddable: true,
  deadlineMs: 5_000,
  async collect(host) {
    const read = await host.read(FILE);
    if (!read.ok) return { hostMemory: read };
    const value: Raw<HostMemory> = {
      ref: NODE,
      totalBytes: memoryLine(read.value, 'MemTotal'),
      availableBytes: signal(memoryLine(read.value, 'MemAvailable')),
    };
    return { hostMemory: known(value) };
  },
});
