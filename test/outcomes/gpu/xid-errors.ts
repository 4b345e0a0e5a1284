import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { gb200Xid, hgxXid, storm } from '../../support/xid-lines.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const LOST = "79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";
const CONTAINED = '94, pid=7194, name=python3, Contained: SM (0x1). RST: No, D-RST: No';
const UNCONTAINED = "95, pid='<unknown>', name=<unknown>, Uncontained: LTC TAG (0x2,0x0). RST: Yes, D-RST: No";
const DBE = "48, pid='<unknown>', name=<unknown>, An uncorrectable double bit error (DBE) has been detected on GPU";
const REMAPPED = "63, pid='<unknown>', name=<unknown>, Row Remapper: New row (0x0000000b60d4e2a0) marked for remapping";
const NOT_REMAPPED = "64, pid='<unknown>', name=<unknown>, Row Remapper: Error recording row (0x0000000b60d4e2a0)";
const NVLINK =
  "74, pid='<unknown>', name=<unknown>, NVLink: fatal error detected on link 3(0x10000, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)";
const PAGE_FAULT =
  '31, pid=48211, name=python3, Ch 00000008, intr 00000000. MMU Fault: ENGINE GRAPHICS GPCCLIENT_T1_0 faulted';
const warp = (gpc: number, tpc: number, sm = 0): string =>
  `13, pid=48211, name=python3, Graphics SM Warp Exception on (GPC ${gpc}, TPC ${tpc}, SM ${sm}): Out Of Range Address`;
const recovery = (to: string): string => `154, GPU recovery action changed from 0x0 (None) to ${to}`;
const linkEvent = (words: string, unit = 'NETIR_LINK_EVT  Fatal  '): string => `149, ${unit} XC0 i0 Link 08 (${words})`;
const WORDS = '0x00000000 0x00000000 0x00000000 0x00000000';

const CHI = '159, pid=9, name=x, CHI Non-Data Error';
const LINK_DOWN = linkEvent(`0x00400011 ${WORDS} 0x00000000`);
const REMAP = '145, RLW_REMAP Nonfatal XC0 i0 Link 00 (0x00000004 0x00000004 0x00000000 0x00000000)';

const XML = 'commands/nvidia-smi_-q_-x.out';
const ALL = [0, 1, 2, 3, 4, 5, 6, 7];
const all = (rest: string): readonly string[] => ALL.map((gpu) => hgxXid(gpu, rest));

const h100 = simulated();
const says = (...rest: readonly string[]): RawMachine => h100.saying(rest.map((one) => hgxXid(2, one)));
const gb200 = (gpu: number, ...rest: readonly string[]): RawMachine =>
  simulated('gb200-nvl72').saying(rest.map((one) => gb200Xid(gpu, one)));
/** Text as other tools than the kernel's ring print it; the rig's own records are those of `/dev/kmsg`. */
const dialect = (line: string): RawMachine => h100.with({ kmsg: (ring) => `${ring}${line}\n` });
/** At different times, in seconds before the last sample. */
const over = (lines: readonly (readonly [secondsAgo: number, line: string])[], machine = h100): RawMachine =>
  lines.reduce((told, [secondsAgo, line]) => told.saying([line], { secondsAgo }), machine);

export default {
  pass: [
    h100,
    simulated('gb200-nvl72'),
    simulated('hgx-a100-8'),
    // What time ends, and what a process may have in its name.
    h100.saying(all(PAGE_FAULT), { secondsAgo: 2 * HOUR + 60 }),
    says('abc', '79abc'),
    h100.saying(['myprog: NVRM: Xid (PCI:0000:1b:00): 79, GPU has fallen off the bus.']),
    // What else the kernel says of the GPUs and their node is told by other checks.
    h100.saying([
      'nvidia-nvswitch3: SXid (PCI:0000:0a:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
      'pcieport 0000:51:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)',
      'Out of memory: Killed process 48211 (python3) total-vm:1000kB, anon-rss:500kB, file-rss:0kB, shmem-rss:0kB',
    ]),
  ],
  findings: {
    'fatal-xid': [
      {
        on: says(LOST),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^GPU 2 reported Xid 79, last at 2026-09-01 11:59:55 UTC: .+PCIe/,
      },
      // The driver had lost the GPU before it could log an Xid.
      { on: h100.saying(['NVRM: GPU 0000:52:00.0: GPU has fallen off the bus.']), about: ['gpu2'], saying: /Xid 79/ },
      {
        on: h100.saying([
          'NVRM: The NVIDIA GPU 0000:52:00.0',
          'NVRM: (PCI ID: 10de:2330) installed in this system has',
          'NVRM: fallen off the bus and is not responding to commands.',
        ]),
        about: ['gpu2'],
        severity: 'CRITICAL',
      },
      // Each dialect in which the kernel's own words are read back.
      ...[
        `[171167.620236] ${hgxXid(2, LOST)}`,
        `[Tue Sep  1 11:59:00 2026] ${hgxXid(2, LOST)}`,
        `2026-09-01T11:59:00,470068+00:00 ${hgxXid(2, LOST)}`,
        `2026-09-01T11:59:00.470068+00:00 node-1 kernel: ${hgxXid(2, LOST)}`,
        `Sep  1 11:59:00 node-1 kernel: [171167.620236] ${hgxXid(2, LOST)}`,
        `kern  :err   : [171167.620236] ${hgxXid(2, LOST)}`,
        `<3>[171167.620236] ${hgxXid(2, LOST)}`,
        `{"MESSAGE":"${hgxXid(2, LOST)}","_TRANSPORT":"kernel","SYSLOG_FACILITY":"0","PRIORITY":"3","__REALTIME_TIMESTAMP":"1788263940000000"}`,
        '[171167.620236] NVRM: Xid (0000:52:00): 79, GPU has fallen off the bus.',
        '[171167.620236] NVRM: Xid PCI:0000:52:00: 79, GPU has fallen off the bus.',
      ].map((line) => ({ on: dialect(line), about: ['gpu2'], severity: 'CRITICAL' as const })),
      // A storm of the jobs that it ended is of the same incident, on whichever GPU and of whichever process.
      {
        on: h100.saying([...storm(4000), hgxXid(2, LOST), ...storm(4000)]),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /Xid 79, .+; of the same incident: Xid 45 8000 times on 8 GPUs$/,
      },
      {
        on: h100.saying([
          hgxXid(2, LOST),
          hgxXid(2, '119, pid=9, name=x, Timeout after 6s of waiting for RPC response'),
          hgxXid(2, recovery('0x2 (Node Reboot Required)')),
          ...all(PAGE_FAULT),
          hgxXid(5, NVLINK),
        ]),
        about: ['gpu2'],
        saying: /of the same incident: Xid 31 8 times on 8 GPUs, Xid 119 once, Xid 154 once, Xid 74 once$/,
      },
      // Two GPUs that fall off the bus are two.
      { on: h100.saying([hgxXid(2, LOST), hgxXid(5, LOST)]), about: ['gpu2', 'gpu5'] },
      // What each GPU says of its job is told with its own loss.
      {
        on: h100.saying([hgxXid(2, LOST), hgxXid(5, LOST), hgxXid(5, '45, pid=7194, name=python3, Ch 00000008')]),
        about: ['gpu2', 'gpu5'],
      },
      // What the driver asks for decides, and so does a row that no spare is left for.
      { on: says(recovery('0x2 (Node Reboot Required)')), about: ['gpu2'], severity: 'CRITICAL' },
      { on: says(CONTAINED, recovery('0x2 (Node Reboot Required)')), about: ['gpu2'], saying: /Xid 94/ },
      { on: says(recovery('0x9 (Something New)')), about: ['gpu2'], severity: 'CRITICAL' },
      { on: says(NOT_REMAPPED), about: ['gpu2'], severity: 'CRITICAL' },
      { on: says(DBE, NOT_REMAPPED), about: ['gpu2'], saying: /Xid 48, .+; of the same incident: Xid 64 once$/ },
    ],
    'reset-xid': [
      { on: says(UNCONTAINED), about: ['gpu2'], severity: 'CRITICAL', saying: /Xid 95,/ },
      {
        on: says(DBE, REMAPPED, UNCONTAINED, CONTAINED, recovery('0x1 (GPU Reset Required)')),
        about: ['gpu2'],
        saying: /Xid 48, .+; of the same incident: Xid 63 once, Xid 95 once, Xid 94 once, Xid 154 once$/,
      },
      { on: says(recovery('0x4 (Drain and Reset)')), about: ['gpu2'], severity: 'CRITICAL' },
      { on: says(recovery('0x3 (Drain P2P)')), about: ['gpu2'], severity: 'WARNING' },
      // "None" acquits nothing: not what the table says, and not what was asked for before.
      { on: says(UNCONTAINED, recovery('0x0 (None)')), about: ['gpu2'], severity: 'CRITICAL' },
      { on: says(recovery('0x1 (GPU Reset Required)'), recovery('0x0 (None)')), about: ['gpu2'], saying: /GPU Reset/i },
      // The driver's verdict of the moment raises what the table takes lightly.
      {
        on: says(CONTAINED).with({
          [XML]: (xml) => {
            let gpu = -1;
            return xml.replace(/<gpu_recovery_action>None/g, (text) => {
              gpu += 1;
              return gpu === 2 ? '<gpu_recovery_action>Reset' : text;
            });
          },
        }),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /Xid 94/,
      },
      // A flood of one Xid is one finding with its count.
      {
        on: h100.saying(Array.from({ length: 20_000 }, () => hgxXid(2, UNCONTAINED))),
        about: ['gpu2'],
        saying: /Xid 95 20000 times/,
      },
      // NVLink 5, from R575 (580.173) and before (570.148): what the words say, and who has to act.
      {
        on: simulated('gb200-nvl72').saying([gb200Xid(1, linkEvent(`0x00400011 ${WORDS} 0x00000000`))]),
        about: ['gpu1'],
        severity: 'CRITICAL',
        saying:
          /^GPU 1 reported Xid 149 \(NETIR_LINK_EVT, fatal, link 8\), .+decoded: Reset the GPU.+Examine the signal/,
      },
      {
        on: simulated('gb200-nvl72')
          .with({ [XML]: (xml) => xml.replaceAll('580.173.02', '570.148.08') })
          .saying([gb200Xid(1, linkEvent(`0x004505c6 ${WORDS} 0x00000000`))]),
        about: ['gpu1'],
        saying: /decoded: Reset the GPU.+Examine the signal/,
      },
      {
        on: simulated('gb200-nvl72').saying([
          gb200Xid(3, '145, RLW_REMAP Fatal XC0 i0 Link 00 (0x00000004 0x00000040 0x00000000 0x00000000)'),
        ]),
        about: ['gpu3'],
        saying: /Xid 145 \(RLW_REMAP, fatal, link 0\)/,
      },
      // The other end of the link goes down with it; both GPUs need their reset.
      {
        on: simulated('gb200-nvl72').saying([
          gb200Xid(0, linkEvent(`0x00400011 ${WORDS} 0x00000000`)),
          gb200Xid(0, recovery('0x4 (Drain and Reset)')),
          gb200Xid(1, linkEvent(`0x02500011 ${WORDS} 0x00000000`)),
        ]),
        about: ['gpu0', 'gpu1'],
      },
    ],
    'hardware-xid': [
      {
        on: says("92, pid='<unknown>', name=<unknown>, High single bit ECC error rate"),
        about: ['gpu2'],
        severity: 'WARNING',
      },
      { on: says(CONTAINED), about: ['gpu2'], severity: 'WARNING', saying: /Xid 94, / },
      { on: says(REMAPPED), about: ['gpu2'], severity: 'WARNING' },
      {
        on: says(CONTAINED, recovery('0x0 (None)')),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /; of the same incident: Xid 154 once$/,
      },
      // Not decoded: looked at, and not drained.
      {
        on: simulated('gb200-nvl72').saying([gb200Xid(1, '149, NETIR_LINK_EVT Fatal XC0 i0 Link 08 (0x0')]),
        about: ['gpu1'],
        severity: 'WARNING',
      },
      {
        on: simulated('gb200-nvl72').saying([
          gb200Xid(1, linkEvent(`0x00000013 ${WORDS} 0x00000000`, 'NETIR_BER_EVENT Nonfatal')),
        ]),
        about: ['gpu1'],
        severity: 'WARNING',
        saying: /NETIR_BER_EVENT, nonfatal, link 8.+signal quality, cable/,
      },
      // What matters only where nothing else was said, and what a link that went down elsewhere explains.
      { on: gb200(0, CHI), about: ['gpu0'], severity: 'WARNING' },
      { on: gb200(0, CHI, LINK_DOWN), about: [] },
      { on: gb200(0, CHI).saying([gb200Xid(1, LINK_DOWN)]), about: ['gpu0'] },
      { on: gb200(0, REMAP), about: ['gpu0'], severity: 'WARNING' },
      { on: gb200(0, REMAP).saying([gb200Xid(1, LINK_DOWN)]), about: [] },
      { on: gb200(0, REMAP).saying([gb200Xid(1, LOST)]), about: [] },
      // Raised bit errors of one link beside another that went down.
      {
        on: gb200(1, LINK_DOWN, linkEvent(`0x00000013 ${WORDS} 0x00000000`, 'NETIR_BER_EVENT Nonfatal')),
        about: ['gpu1'],
      },
      // Of one time is within five minutes.
      {
        on: over([
          [310, hgxXid(2, DBE)],
          [10, hgxXid(2, CONTAINED)],
        ]),
        about: [],
      },
      {
        on: over([
          [320, hgxXid(2, DBE)],
          [10, hgxXid(2, CONTAINED)],
        ]),
        about: ['gpu2'],
        saying: /Xid 94/,
      },
      { on: h100.saying([hgxXid(2, DBE), hgxXid(5, CONTAINED)]), about: ['gpu5'] },
      // A job of the same GPU that it ended.
      {
        on: says(CONTAINED, '45, pid=7194, name=python3, Ch 00000008', '43, pid=7194, name=python3, Ch 00000008'),
        about: ['gpu2'],
        saying: /of the same incident: Xid 45 once, Xid 43 once$/,
      },
    ],
    'application-xid': [
      { on: says(PAGE_FAULT), about: ['gpu2'], severity: 'INFO', saying: /Xid 31, / },
      // One crash is one finding, of nobody's GPU.
      {
        on: h100.saying(storm(8000)),
        about: ['node'],
        severity: 'INFO',
        saying: /^8 GPUs reported Xid 45 8000 times, /,
      },
      {
        on: h100.saying([...all(PAGE_FAULT), ...storm(800), ...storm(80, 8, { code: 43 })]),
        about: ['node'],
        saying:
          /^8 GPUs reported Xid 31 8 times, .+of the same incident: Xid 45 800 times on 8 GPUs, Xid 43 80 times on 8 GPUs$/,
      },
      // Where one GPU began it, that one.
      {
        on: h100.saying([hgxXid(2, PAGE_FAULT), ...storm(800)]),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /Xid 31, .+of the same incident: Xid 45 800 times on 8 GPUs$/,
      },
      // Jobs of different names, and crashes of different times, are not one.
      {
        on: h100.saying([hgxXid(2, '45, pid=1, name=a, Ch 1'), hgxXid(5, '45, pid=2, name=b, Ch 1')]),
        about: ['gpu2', 'gpu5'],
      },
      {
        on: over([
          [1000, hgxXid(2, PAGE_FAULT)],
          [10, hgxXid(5, PAGE_FAULT)],
        ]),
        about: ['gpu2', 'gpu5'],
      },
      {
        on: over([
          [310, hgxXid(2, PAGE_FAULT)],
          [10, hgxXid(5, PAGE_FAULT)],
        ]),
        about: ['node'],
      },
      {
        on: over([
          [320, hgxXid(2, PAGE_FAULT)],
          [10, hgxXid(5, PAGE_FAULT)],
        ]),
        about: ['gpu2', 'gpu5'],
      },
      // The first of two kinds leads; a graver one is no sequel of it.
      {
        on: over([
          [30, hgxXid(2, PAGE_FAULT)],
          [20, hgxXid(2, warp(0, 0))],
        ]),
        about: ['gpu2'],
        saying: /Xid 31, .+of the same incident: Xid 13 once$/,
      },
      {
        on: over([
          [30, hgxXid(2, PAGE_FAULT)],
          [20, hgxXid(2, '39, pid=48211, name=python3, CCMDs 00000000')],
        ]),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /Xid 39, .+; also Xid 31$/,
      },
      {
        on: says('43, pid=1, name=x, Ch 00000008', '45, pid=1, name=x, Ch 00000008'),
        about: ['gpu2'],
        saying: /Xid 43, .+of the same incident: Xid 45 once$/,
      },
      // Xid 43 explains nothing but 45, even where it was first.
      {
        on: over([
          [30, hgxXid(2, '43, pid=48211, name=python3, Ch 00000008')],
          [20, hgxXid(2, PAGE_FAULT)],
        ]),
        about: ['gpu2'],
        saying: /Xid 31, .+of the same incident: Xid 43 once$/,
      },
      // One job by its process, though the thread has another name.
      {
        on: h100.saying([hgxXid(2, '31, pid=7, name=a, x'), hgxXid(5, '45, pid=7, name=b, Ch 1')]),
        about: ['gpu2'],
        saying: /of the same incident: Xid 45 once$/,
      },
      {
        on: h100.saying([hgxXid(2, '31, pid=7, name=a, x'), hgxXid(5, '45, pid=8, name=b, Ch 1')]),
        about: ['gpu2', 'gpu5'],
      },
      {
        on: h100.saying([hgxXid(2, '31, pid=7, name=a, x'), hgxXid(5, "45, pid='<unknown>', name=<unknown>, Ch 1")]),
        about: ['gpu2'],
      },
      // Beside a fault of another GPU that only warns, the job speaks for itself.
      { on: h100.saying([hgxXid(5, CONTAINED), hgxXid(2, PAGE_FAULT)]), about: ['gpu2'] },
      {
        on: says('45, pid=1, name=x, Ch 00000001 caused by previous Xid 149'),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /follows from Xid 149/,
      },
      // An engine that failed for one program.
      { on: says('39, pid=1, name=x, CCMDs 00000000'), about: ['gpu2'], severity: 'WARNING' },
      { on: h100.saying(all(PAGE_FAULT), { secondsAgo: 2 * HOUR - 60 }), about: ['node'] },
      // Once, on every unit: the program.
      {
        on: h100.saying([0, 1, 2, 3].flatMap((gpc) => [0, 1, 2].map((tpc) => hgxXid(2, warp(gpc, tpc))))),
        about: ['gpu2'],
        saying: /Xid 13 .*12 times/,
      },
    ],
    'informational-xid': [
      { on: says('106, SMBPBI test'), about: ['gpu2'], severity: 'INFO' },
      { on: says(recovery('0x0 (None)')), about: ['gpu2'], severity: 'INFO' },
    ],
    'unknown-xid': [
      {
        on: says('999, something new'),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /Xid 999, .+Not in the catalogue/,
      },
      {
        on: says('999, something new', '45, pid=7194, name=python3, Ch 00000008'),
        about: ['gpu2'],
        saying: /of the same incident: Xid 45 once$/,
      },
    ],
    'untrusted-xid': [
      {
        on: h100.saying([hgxXid(2, LOST)], { facility: 1 }),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /not written by the kernel/,
      },
      {
        on: h100.saying(all(LOST), { facility: 1 }),
        about: ['node'],
        severity: 'INFO',
        saying: /^8 GPUs reported Xid 79 8 times/,
      },
      {
        on: dialect(`Sep  1 11:59:00 node-1 evil[7]: ${hgxXid(2, LOST)}`).saying([hgxXid(2, LOST)], { facility: 3 }),
        about: ['gpu2'],
      },
    ],
    'suspect-hardware': [
      // The same unit of one GPU, in three incidents.
      {
        on: over([3000, 2000, 1000].map((ago) => [ago, hgxXid(2, warp(3, 1))])),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /3 on GPC 3 TPC 1 of this GPU and none on the others/,
      },
      {
        on: over([3000, 2000, 1000].map((ago) => [ago, hgxXid(2, PAGE_FAULT)])),
        about: ['gpu2'],
        saying: /3 on this GPU and none on the others/,
      },
      {
        on: over([
          [3000, hgxXid(2, warp(0, 0))],
          ...[3000, 2000, 1000].map((ago) => [ago, hgxXid(2, warp(3, 1))] as const),
        ]),
        about: ['gpu2'],
      },
      // Not so: twice; within one incident; on different units; on another GPU, too; more than a day ago.
      { on: over([3000, 1000].map((ago) => [ago, hgxXid(2, PAGE_FAULT)])), about: [] },
      { on: over([300, 150, 1].map((ago) => [ago, hgxXid(2, PAGE_FAULT)])), about: [] },
      {
        on: over([3000, 2000, 1000].flatMap((ago) => [0, 1].map((tpc) => [ago, hgxXid(2, warp(3, tpc))] as const))),
        about: [],
      },
      {
        on: over([
          [500, hgxXid(5, PAGE_FAULT)],
          ...[3000, 2000, 1000].map((ago) => [ago, hgxXid(2, PAGE_FAULT)] as const),
        ]),
        about: [],
      },
      { on: over([3000, 2000, 1000].map((ago) => [DAY + ago, hgxXid(2, PAGE_FAULT)])), about: [] },
    ],
    // Said as what is not known; no text makes it a finding.
    'log-gap': [],
  },
  // A recording without a kernel log says nothing of it.
  skipped: h100.without('kmsg'),
  unknown: [h100.failing({ kmsg: 'denied: EACCES' }), h100.failing({ kmsg: 'timeout: read' })],
} satisfies Outcomes;
