import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { profileSaying } from '../../support/site-profile.ts';

const FILE = 'proc/meminfo';
const KIB = 1024;
/** In KiB: 1,000 times 100 MiB, so that the two limits are far apart. */
const LARGE = 102_400_000;
const SMALL = 4_194_304;

const with_ = (total: number, available: number) =>
  simulated().with({
    [FILE]: `MemTotal:       ${total} kB\nMemFree:          1024 kB\nMemAvailable:   ${available} kB\nSwapTotal:      0 kB\n`,
  });
const expecting = (bytes: number) => with_(LARGE, LARGE).configured(profileSaying({ memory_bytes: bytes }));

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    // Exactly at the limits: a hundredth of much, 100 MiB of little.
    with_(LARGE, LARGE / 100),
    with_(SMALL, 102_400),
    expecting(LARGE * KIB),
    // What the kernel keeps for itself is not missing, and more than expected is no fault.
    expecting(Math.floor((LARGE * KIB) / 0.97)),
    expecting(LARGE * KIB * 0.5),
    // Half of it may be missing, and exactly half is.
    expecting(LARGE * KIB * 2).configured({
      checks: { 'host/low-memory': { mode: 'enforce', options: { missing_share: 0.5 } } },
    }),
  ],
  findings: {
    low: [
      {
        on: with_(LARGE, LARGE / 100 - 1),
        about: ['node'],
        severity: 'WARNING',
        saying: /^Only 1000 MiB of 97\.7 GiB are available \(1 %\); the limit is 1000 MiB$/,
      },
      { on: with_(SMALL, 102_399), about: ['node'], saying: /^Only 100 MiB of 4\.0 GiB .*\(2\.4 %\).* 100 MiB$/ },
      { on: simulated('hgx-h100-8+low-memory'), about: ['node'] },
    ],
    missing: {
      on: expecting(Math.ceil((LARGE * KIB) / 0.97) + KIB),
      about: ['node'],
      severity: 'WARNING',
      saying: /^The host has 97\.7 GiB of memory; its profile says 100\.7 GiB$/,
    },
  },
  skipped: simulated().without('proc/**'),
  unknown: [
    simulated().failing({ [FILE]: 'denied: EACCES' }),
    simulated().with({ [FILE]: 'MemTotal:       1024 kB\nMemFr' }),
    simulated().with({ [FILE]: 'MemTotal:       1024 MB\nMemAvailable:   1024 MB\n' }),
  ],
} satisfies Outcomes;
