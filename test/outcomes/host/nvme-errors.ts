import type { Confidence } from '../../../src/api.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const CLASS = 'sys/class/nvme';
const DAY = 86_400;

const stateOf = (drive: string, state: string, on: RawMachine = simulated()): RawMachine =>
  on.with({ [`${CLASS}/${drive}/state`]: `${state}\n` });

const without = (drive: string, on: RawMachine = simulated()): RawMachine => on.without(`${CLASS}/${drive}/**`);

const expecting = (drives: number, on: RawMachine = simulated()): RawMachine =>
  on.configured({ checks: { 'host/nvme-errors': { mode: 'enforce', options: { drives } } } });

const profiled = (drives: number, confidence: Confidence = 'specified'): RawMachine =>
  simulated().configured({
    machine: 'site',
    siteProfiles: [{ id: 'site', host: { nvme_drives: { value: drives, source: 'our site', confidence } } }],
  });

const width = (drive: string, lanes: string, on: RawMachine = simulated()): RawMachine =>
  on.with({ [`${CLASS}/${drive}/device/current_link_width`]: `${lanes}\n` });

const firmware = (drive: string, version: string, on: RawMachine = simulated()): RawMachine =>
  on.with({ [`${CLASS}/${drive}/firmware_rev`]: `${version}\n` });

const TIMEOUT = 'nvme nvme4: I/O 642 (I/O Cmd) QID 17 timeout, aborting';
const DOWN = 'nvme nvme4: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0xffff';
const REMOVED = 'nvme nvme4: Removing after probe failure status: -19';
const MEDIUM =
  'critical medium error, dev nvme4n1, sector 92210688 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 0';
const IO = 'I/O error, dev nvme4n1, sector 5120033792 op 0x1:(WRITE) flags 0x8800 phys_seg 32 prio class 0';

/** A drive over the network, which comes and goes with it. */
const fabric = (state: string): RawMachine =>
  simulated().with({
    [`${CLASS}/nvme20/transport`]: 'tcp\n',
    [`${CLASS}/nvme20/state`]: `${state}\n`,
    [`${CLASS}/nvme20/model`]: 'Linux\n',
    [`${CLASS}/nvme20/serial`]: 'abc\n',
    [`${CLASS}/nvme20/firmware_rev`]: '5.15.0\n',
  });

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    expecting(10),
    profiled(8),
    profiled(10),
    fabric('live'),
    // Of users, of another drive model's width, of what a drive may refuse, or long ago.
    simulated().saying([TIMEOUT, DOWN, REMOVED, MEDIUM, IO], { facility: 1 }),
    simulated().saying([
      'I/O error, dev nvme4n1, sector 0 op 0x9:(WRITE_ZEROES) flags 0x800 phys_seg 0 prio class 0',
      'I/O error, dev nvme4n1, sector 0 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 0',
      'critical target error, dev nvme4n1, sector 0 op 0x3:(DISCARD) flags 0x800 phys_seg 1 prio class 0',
      'nvme nvme4: 104/0/0 default/read/poll queues',
      'nvme nvme4: Shutdown timeout set to 11 seconds',
    ]),
    simulated().saying([TIMEOUT, DOWN, IO], { secondsAgo: DAY + 60 }),
    // Both system drives in narrow slots, and all the others as wide as they can be.
    width('nvme0', '2', width('nvme1', '2')),
    // The kernel does not know how wide the link is.
    width('nvme4', '255'),
    // One of its kind has nothing to be compared with.
    simulated().with({ [`${CLASS}/nvme0/model`]: 'A BOOT DRIVE\n', [`${CLASS}/nvme0/firmware_rev`]: 'X\n' }),
    // With multipath the namespaces have a path in their name.
    simulated().with({ [`${CLASS}/nvme4/nvme4c4n1/size`]: '7501476528\n', [`${CLASS}/nvme4/nvme4n1/size`]: undefined }),
  ],
  findings: {
    dead: [
      {
        on: simulated('hgx-h100-8+nvme-dead'),
        about: ['nvme4'],
        severity: 'CRITICAL',
        saying: /^nvme4 \(SAMSUNG MZWLO3T8HCLS-00A07, serial S6RYNX0T\d+\) is in state "dead"$/,
      },
      { on: stateOf('nvme4', 'deleting'), about: ['nvme4'], saying: /, 3\.84 TB\) is in state "deleting"$/ },
      { on: stateOf('nvme4', 'deleting (no IO)'), about: ['nvme4'], severity: 'CRITICAL' },
      // One that tells nothing of itself any more.
      {
        on: stateOf('nvme4', 'dead').without(
          ...['model', 'serial', 'nvme4n1/**'].map((file) => `${CLASS}/nvme4/${file}`),
        ),
        about: ['nvme4'],
        saying: /^nvme4 is in state "dead"$/,
      },
      // The mirror goes on without it.
      { on: stateOf('nvme1', 'dead'), about: ['nvme1'], severity: 'WARNING' },
      {
        on: stateOf('nvme1', 'dead').with({ 'proc/mdstat': (text) => text.replace('md0 : active', 'md0 : inactive') }),
        about: ['nvme1'],
        severity: 'CRITICAL',
      },
      // It is in a mirror and in a stripe.
      {
        on: stateOf('nvme1', 'dead').with({
          'proc/mdstat': (text) => text.replace('active raid0', 'active raid0 nvme1n1p3[8]'),
        }),
        about: ['nvme1'],
        severity: 'CRITICAL',
      },
      { on: stateOf('nvme1', 'dead').without('proc/mdstat'), about: ['nvme1'], severity: 'CRITICAL' },
      { on: stateOf('nvme4', 'resetting'), about: [] },
    ],
    'not-live': [
      { on: stateOf('nvme4', 'resetting'), about: ['nvme4'], severity: 'WARNING', saying: /is in state "resetting"$/ },
      { on: fabric('connecting'), about: ['nvme20'], saying: 'nvme20 (Linux, serial abc) is in state "connecting"' },
      { on: stateOf('nvme4', 'dead'), about: [] },
    ],
    missing: [
      {
        on: expecting(11),
        about: ['node'],
        severity: 'CRITICAL',
        saying: 'NVMe drives: 10; the configuration expects 11',
      },
      { on: profiled(11), about: ['node'], severity: 'CRITICAL', saying: 'profile site expects 11' },
      { on: profiled(11, 'assumed'), about: ['node'], severity: 'WARNING' },
      { on: without('nvme4', expecting(10)), about: ['node'] },
      { on: expecting(11, fabric('live')), about: ['node'] },
      {
        on: expecting(1, simulated().without(`${CLASS}/**`)),
        about: ['node'],
        saying: 'NVMe drives: 0; the configuration expects 1',
      },
      { on: expecting(10), about: [] },
    ],
    removed: [
      {
        on: without('nvme4').saying([REMOVED]),
        about: ['nvme4'],
        severity: 'CRITICAL',
        saying: /^nvme4 was given up by its driver because it no longer answers, at /,
      },
      { on: without('nvme4').saying(['nvme nvme4: Disabling device after reset failure: -5']), about: ['nvme4'] },
      {
        on: without('nvme4').saying(['nvme nvme4: failed state error detected, request disconnect']),
        about: ['nvme4'],
      },
      { on: without('nvme4').saying([REMOVED], { secondsAgo: DAY * 1.5 }), about: ['nvme4'] },
      { on: without('nvme1').saying([REMOVED.replace('nvme4', 'nvme1')]), about: ['nvme1'], severity: 'WARNING' },
      { on: stateOf('nvme4', 'resetting').saying([REMOVED]), about: ['nvme4'], severity: 'CRITICAL' },
      {
        on: stateOf('nvme1', 'resetting').saying([REMOVED.replace('nvme4', 'nvme1')]),
        about: ['nvme1'],
        severity: 'WARNING',
      },
      // Its state says it already; or it is back.
      { on: simulated('hgx-h100-8+nvme-dead'), about: [] },
      { on: simulated().saying([REMOVED]), about: [] },
    ],
    resets: [
      {
        on: simulated().saying([DOWN]),
        about: ['nvme4'],
        severity: 'WARNING',
        saying: /^nvme4 \(.*, 3\.84 TB\) stopped answering and was reset, at /,
      },
      {
        on: simulated().saying([
          'nvme nvme4: I/O tag 22 (2016) opcode 0x2 (Admin Cmd) QID 0 timeout, reset controller',
        ]),
        about: ['nvme4'],
      },
      { on: simulated().saying(['nvme nvme4: frozen state error detected, reset controller']), about: ['nvme4'] },
      { on: simulated().saying(['nvme nvme4: Device not ready; aborting reset, CSTS=0x1']), about: ['nvme4'] },
      { on: simulated().saying([REMOVED]), about: ['nvme4'], saying: 'was given up by its driver and is back' },
      { on: simulated().saying([DOWN], { secondsAgo: DAY - 60 }), about: ['nvme4'] },
      // Its end says enough; without one it is said of a drive that is not there.
      { on: without('nvme4').saying([DOWN, REMOVED]), about: [] },
      {
        on: without('nvme4').saying([DOWN, REMOVED.replace('nvme4', 'nvme40')]),
        about: ['nvme4'],
        saying: /^nvme4 stopped/,
      },
      { on: simulated().saying([DOWN, REMOVED]), about: ['nvme4'], saying: / times since / },
      { on: simulated('hgx-h100-8+nvme-dead'), about: [] },
    ],
    'time-outs': [
      {
        on: simulated().saying([TIMEOUT]),
        about: ['nvme4'],
        severity: 'WARNING',
        saying: /did not answer in time, at /,
      },
      { on: simulated().saying(['nvme nvme4: I/O 12 QID 3 timeout, completion polled']), about: ['nvme4'] },
      { on: simulated().saying([TIMEOUT, TIMEOUT]), about: ['nvme4'], saying: /2 times since/ },
      { on: without('nvme4').saying([TIMEOUT, REMOVED]), about: [] },
    ],
    'medium-errors': [
      {
        on: simulated().saying([MEDIUM]),
        about: ['nvme4n1'],
        severity: 'WARNING',
        saying: /^nvme4 \(.*\) could not read some of its data, at /,
      },
      { on: simulated().saying([`blk_update_request: ${MEDIUM}`], { secondsAgo: DAY * 1.5 }), about: ['nvme4n1'] },
      { on: simulated().saying([`print_req_error: ${MEDIUM}`]), about: ['nvme4n1'] },
      { on: without('nvme4').saying([MEDIUM]), about: ['nvme4n1'], saying: /^nvme4n1 could not/ },
    ],
    'io-errors': [
      {
        on: simulated().saying([IO]),
        about: ['nvme4n1'],
        severity: 'WARNING',
        saying: /^nvme4 \(.*\) failed reads or writes, at /,
      },
      { on: simulated().saying(['block nvme4n1: no available path - failing I/O']), about: ['nvme4n1'] },
      { on: simulated().saying(['protection error, dev nvme4n1, sector 8 op 0x0:(READ)']), about: ['nvme4n1'] },
      { on: without('nvme4').saying([IO, REMOVED]), about: [] },
    ],
    'width-reduced': [
      {
        on: width('nvme4', '2'),
        about: ['nvme4'],
        severity: 'WARNING',
        saying: /^The PCIe link of nvme4 \(.*\) is x2; most drives of its model have x4$/,
      },
      // One of two is the narrower.
      { on: width('nvme0', '2'), about: ['nvme0'] },
      // A wide one among narrow ones is none the worse.
      { on: width('nvme1', '1', width('nvme0', '2')), about: ['nvme1'] },
    ],
    'firmware-differs': [
      {
        on: firmware('nvme4', 'OPPA0A3Q'),
        about: ['nvme4'],
        severity: 'INFO',
        saying: /OPPA0A3Q; 7 of 8 of its model have OPPA1B5Q/,
      },
      // Of two nobody knows which is the odd one.
      { on: firmware('nvme0', 'X'), about: ['node'], severity: 'INFO' },
    ],
  },
  skipped: simulated().without(`${CLASS}/**`),
  unknown: [
    simulated().failing({ kmsg: 'denied: /dev/kmsg: EPERM' }),
    simulated().failing({ [CLASS]: 'denied: EACCES' }),
    simulated().failing({ [`${CLASS}/nvme4/state`]: 'timeout: no answer in 2 s' }),
    simulated().failing({ [`${CLASS}/nvme4/device/current_link_width`]: 'denied: EACCES' }),
    expecting(10, simulated().failing({ [CLASS]: 'denied: EACCES' })),
  ],
} satisfies Outcomes;
