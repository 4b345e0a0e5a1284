import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const MDSTAT = 'proc/mdstat';

const arrays = (...lines: readonly string[]): RawMachine =>
  simulated().with({
    [MDSTAT]: `Personalities : [raid1] [raid0] [raid6] \n${lines.join('\n')}\n\nunused devices: <none>\n`,
  });

const MIRROR = 'md0 : active raid1 nvme1n1p2[1] nvme0n1p2[0]';
const HALF = '      1874716672 blocks super 1.2 [2/1] [U_]';
const WHOLE = '      1874716672 blocks super 1.2 [2/2] [UU]';
const BITMAP = '      bitmap: 3/14 pages [12KB], 65536KB chunk';

export default {
  pass: [
    simulated(),
    arrays(MIRROR, WHOLE, BITMAP),
    // A monthly scrub.
    arrays(
      MIRROR,
      WHOLE,
      '      [=>...................]  check =  7.1% (133104896/1874716672) finish=143.1min speed=202786K/sec',
    ),
    arrays('md0 : active (auto-read-only) raid1 nvme1n1p2[1] nvme0n1p2[0]', WHOLE),
    // A spare and a journal are no failed devices.
    arrays(
      'md5 : active raid6 sdf[5](S) sde[4](J) sdd[3] sdc[2] sdb[1] sda[0]',
      '      3906764800 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/4] [UUUU]',
    ),
    // The container of firmware RAID is never active; the arrays in it are.
    arrays(
      'md127 : inactive nvme1n1[1](S) nvme0n1[0](S)',
      '      10402 blocks super external:imsm',
      '',
      'md126 : active raid1 nvme1n1[1] nvme0n1[0]',
      '      890806272 blocks super external:/md127/0 [2/2] [UU]',
    ),
  ],
  findings: {
    stopped: {
      on: arrays('md1 : broken raid0 nvme3n1[1] nvme2n1[0]', '      7501213696 blocks super 1.2 512k chunks'),
      about: ['md1'],
      severity: 'CRITICAL',
      saying: 'md1 is broken',
    },
    inactive: [
      {
        on: arrays('md1 : inactive nvme3n1[1](S) nvme2n1[0](S)', '      7501213696 blocks super 1.2'),
        about: ['md1'],
        severity: 'WARNING',
        saying: 'md1 is not running; devices that belong to it: 2',
      },
      // A part of an array of firmware RAID is one like any other.
      { on: arrays('md126 : inactive nvme1n1[1]', '      10402 blocks super external:/md127/0'), about: ['md126'] },
    ],
    degraded: [
      {
        on: simulated('hgx-h100-8+raid-degraded'),
        about: ['md0'],
        severity: 'WARNING',
        saying: 'md0 runs on 1 of its 2 devices; failed: nvme1n1p2; nothing is being rebuilt',
      },
      {
        on: arrays(
          MIRROR,
          HALF,
          '      [==>..................]  recovery = 12.6% (236214300/1874716672) finish=127.5min speed=214013K/sec',
          BITMAP,
        ),
        about: ['md0'],
        saying: 'md0 runs on 1 of its 2 devices; recovery 12.6 % done',
      },
      { on: arrays(MIRROR, HALF, '      \tresync=DELAYED'), about: ['md0'], saying: 'devices; resync waiting' },
      // Each array for itself.
      { on: arrays(MIRROR, HALF, '', 'md2 : active raid1 sdb[1] sda[0]', WHOLE), about: ['md0'] },
    ],
    'failed-device': {
      on: arrays('md0 : active raid1 nvme2n1p2[2] nvme1n1p2[1](F) nvme0n1p2[0]', WHOLE),
      about: ['md0'],
      severity: 'WARNING',
      saying: 'md0 has all the devices that it needs; failed: nvme1n1p2',
    },
    rebuilding: [
      {
        on: arrays(MIRROR, WHOLE, '      [=>...................]  resync =  5.0% (1/20) finish=127.5min speed=1K/sec'),
        about: ['md0'],
        severity: 'INFO',
        saying: 'md0 is at work on itself: resync 5 % done',
      },
      { on: arrays(MIRROR, WHOLE, '      [=>...................]  reshape =  5.0% (1/20)'), about: ['md0'] },
      {
        on: arrays('md0 : active raid1 nvme2n1p2[2] nvme1n1p2[1](F) nvme0n1p2[0]', WHOLE, '      resync=PENDING'),
        about: [],
      },
    ],
  },
  skipped: [simulated().without(MDSTAT), arrays()],
  unknown: [
    simulated().with({ [MDSTAT]: '' }),
    simulated().with({ [MDSTAT]: (text) => text.replace('nvme1n1p2[1]', 'nvme1n1p2[') }),
    simulated().failing({ [MDSTAT]: 'denied: EACCES' }),
  ],
} satisfies Outcomes;
