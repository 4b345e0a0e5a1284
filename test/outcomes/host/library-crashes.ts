import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const CRASH =
  'pt_main_thread[4711]: segfault at 7f797fe00000 ip 00007f7c7ac69996 sp 00007f7c12fd7c30 error 4 in libnccl.so.2[7f7c7ac00000+d3d3000]';
const TRAP =
  'traps: python3[4712] general protection fault ip:7f7c7ac69996 sp:7f7c12fd7c30 error:0 in libcuda.so.580.95.05[7f7c7ac00000+d3d3000]';

const said = (line: string, secondsAgo = 10) => simulated().saying([line], { secondsAgo });

export default {
  pass: [
    simulated(),
    said(CRASH, 7201),
    simulated().saying([CRASH], { facility: 1 }),
    // What else crashes is its author's.
    said(CRASH.replace('libnccl.so.2', 'libc.so.6')),
    said(CRASH.replace('libnccl.so.2', 'libmynccl.so')),
  ],
  findings: {
    'gpu-library': [
      {
        on: said(CRASH, 7199),
        about: ['node'],
        severity: 'INFO',
        saying: /^pt_main_thread \(pid 4711\) crashed inside libnccl\.so\.2, at 2026-/,
      },
      {
        on: said(CRASH, 300).saying([TRAP]),
        about: ['node'],
        saying: /^python3 \(pid 4712\) crashed inside libcuda\.so\.580\.95\.05, 2 times since /,
      },
    ],
  },
  skipped: simulated().without('kmsg'),
  unknown: simulated().failing({ kmsg: 'denied: EACCES' }),
} satisfies Outcomes;
