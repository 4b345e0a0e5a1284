import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const h100 = simulated();
const says = (...rest: readonly string[]): RawMachine =>
  h100.saying(rest.map((one) => `nvidia-nvswitch3: SXid (PCI:0000:0a:00.0): ${one}`));
const saidAgo = (secondsAgo: number, rest: string): RawMachine =>
  h100.saying([`nvidia-nvswitch3: SXid (PCI:0000:0a:00.0): ${rest}`], { secondsAgo });

/** One fault in three lines: what it is, then its severity and its registers (NVIDIA Fabric Manager user guide). */
const FAULT = [
  '20034, Fatal, Link 30 LTSSM Fault Up',
  '20034, Severity 1 Engine instance 30 Sub-engine instance 00',
  '20034, Data {0x50610002, 0x10100030, 0x00000000, 0x10100030, 0x00000000, 0x00000000, 0x00000000, 0x00000000}',
];
const CORRECTED = '11012, Non-fatal, Link 46 ECC limit (First)';
const STALLS = '12028, Non-fatal, Link 32 egress non-posted PRIV error (First)';

export default {
  pass: [
    h100,
    // No NVSwitch of its own: the node is judged by its kernel log all the same.
    simulated('gb200-nvl72'),
    says('xyz, Fatal error'),
    h100.saying(['nvidia-nvswitch3: SXid (invalid): 20034, Fatal error', 'nvidia-nvswitch3: using MSI']),
    saidAgo(2 * HOUR + 60, CORRECTED),
    // Detail of a fault whose first line is not there.
    says(...FAULT.slice(1)),
  ],
  findings: {
    'fatal-sxid': [
      {
        on: says('12020, Fatal, Link 31 egress sequence ID error (First)'),
        about: ['nvidia-nvswitch3'],
        severity: 'CRITICAL',
        saying: /reported SXid 12020 \(fatal, link 31\), last at 2026-09-01 11:59:55 UTC: /,
      },
      // The word in the line outranks the table: 11012 is corrected as a rule, and 20034 is fatal.
      { on: says('11012, Fatal, Link 46 ECC limit'), about: ['nvidia-nvswitch3'], severity: 'CRITICAL' },
      { on: says('99999, Fatal, Link 01 something new'), about: ['nvidia-nvswitch3'], severity: 'CRITICAL' },
      { on: saidAgo(40 * HOUR, '23001, Fatal, Link 02 ingress ECC'), about: ['nvidia-nvswitch3'] },
      {
        on: says('23001, Fatal, Link 02 a', '23001, Fatal, Link 03 a', '12020, Fatal, Link 03 b'),
        about: ['nvidia-nvswitch3'],
        saying: /; also SXid /,
      },
    ],
    'reset-sxid': [
      {
        on: says(...FAULT),
        about: ['nvidia-nvswitch3'],
        severity: 'CRITICAL',
        saying: /SXid 20034 \(fatal, link 30\), last/,
      },
      {
        on: h100.saying([0, 1, 2].map((i) => `nvidia-nvswitch${i}: SXid (PCI:0000:0${7 + i}:00.0): ${FAULT[0]}`)),
        about: ['nvidia-nvswitch0', 'nvidia-nvswitch1', 'nvidia-nvswitch2'],
      },
      // Three times in all its lines, counted as three.
      { on: says(...FAULT, ...FAULT, ...FAULT), about: ['nvidia-nvswitch3'], saying: / 3 times, / },
      // Without a word the table decides.
      { on: says('20034, LTSSM Fault Up'), about: ['nvidia-nvswitch3'], severity: 'CRITICAL' },
    ],
    'hardware-sxid': [
      { on: says(STALLS), about: ['nvidia-nvswitch3'], severity: 'WARNING', saying: /non-fatal, link 32/ },
      { on: says('20034, Non-fatal, Link 30 LTSSM Fault Up'), about: ['nvidia-nvswitch3'], severity: 'WARNING' },
      { on: says('99999, Non-fatal, Link 01 something new'), about: ['nvidia-nvswitch3'], severity: 'WARNING' },
    ],
    'application-sxid': [],
    'informational-sxid': [
      { on: says(CORRECTED), about: ['nvidia-nvswitch3'], severity: 'INFO', saying: /SXid 11012 / },
      { on: saidAgo(2 * HOUR - 60, CORRECTED), about: ['nvidia-nvswitch3'] },
    ],
    'unknown-sxid': [{ on: says('99999, something new'), about: ['nvidia-nvswitch3'], severity: 'WARNING' }],
    'untrusted-sxid': [
      {
        on: h100.saying([`nvidia-nvswitch3: SXid (PCI:0000:0a:00.0): ${FAULT[0]}`], { facility: 1 }),
        about: ['nvidia-nvswitch3'],
        severity: 'INFO',
        saying: /not written by the kernel/,
      },
      {
        on: h100.saying([`nvidia-nvswitch3: SXid (PCI:0000:0a:00.0): ${FAULT[0]}`], {
          facility: 1,
          secondsAgo: DAY + 60,
        }),
        about: [],
      },
    ],
  },
  skipped: h100.without('kmsg'),
  unknown: h100.failing({ kmsg: 'denied: EACCES' }),
} satisfies Outcomes;
