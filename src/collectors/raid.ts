import { defineCollector } from '../api.ts';
import { raidArrays } from '../parse/mdstat.ts';
import { parsed } from '../parse/reading.ts';

const TABLE = '/proc/mdstat';

/** The arrays of the kernel's software RAID. */
export const raid = defineCollector({
  apiVersion: 1,
  id: 'raid',
  provides: ['raidArrays'],
  reads: TABLE,
  schedule: { everySeconds: 45 },
  deadlineMs: 5_000,
  async collect(host) {
    return { raidArrays: parsed(await host.read(TABLE), raidArrays) };
  },
});
