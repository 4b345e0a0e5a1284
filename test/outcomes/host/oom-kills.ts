import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const OF_HOST =
  'Out of memory: Killed process 4711 (python3) total-vm:91232012kB, anon-rss:80124000kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:170212kB oom_score_adj:0';
const OF_JOB = OF_HOST.replace('Out of memory', 'Memory cgroup out of memory').replace('4711', '4712');

const said = (line: string, secondsAgo = 10) => simulated().saying([line], { secondsAgo });

export default {
  pass: [
    simulated(),
    said(OF_HOST, 86_401),
    said(OF_JOB, 7201),
    simulated().saying([OF_HOST, OF_JOB], { facility: 1 }),
    said('oom_reaper: reaped process 4711 (python3), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB'),
  ],
  findings: {
    'system-oom': [
      {
        on: said(OF_HOST, 86_399),
        about: ['node'],
        severity: 'WARNING',
        saying: /^The host ran out of memory and the kernel killed python3 \(pid 4711\), at 2026-/,
      },
      { on: said(OF_HOST, 500).saying([OF_HOST, OF_JOB]), about: ['node'], saying: /\(pid 4711\), 2 times since / },
    ],
    'job-oom': {
      on: said(OF_JOB, 7199),
      about: ['node'],
      severity: 'INFO',
      saying: /^A memory control group .* killed python3 \(pid 4712\), at /,
    },
  },
  skipped: simulated().without('kmsg'),
  unknown: simulated().failing({ kmsg: 'denied: EACCES' }),
} satisfies Outcomes;
