import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const count = (controller: number, kind: 'ce' | 'ue'): string =>
  `sys/devices/system/edac/mc/mc${controller}/${kind}_count`;
/** From the second sample on. */
const counting = (value: number, controller = 0, kind: 'ce' | 'ue' = 'ce') =>
  simulated().with({ [count(controller, kind)]: `${value}\n` }, { from: 1 });
const DAY_SECONDS = 86_400;

const edac = (kind: 'CE' | 'UE', n = 1): string =>
  `EDAC MC1: ${n} ${kind} memory read error on CPU_SrcID#0_MC#1_Chan#0_DIMM#0 (channel:0 slot:0 page:0x93b4ce offset:0x9c0 grain:32 syndrome:0x0 - err_code:0x0101:0x0091)`;
/** A record of the firmware, as it prints it. */
const firmware = (severity: string, section: string, number = '{3}'): readonly string[] => [
  `${number}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 4`,
  `${number}[Hardware Error]: event severity: ${severity}`,
  `${number}[Hardware Error]:  Error 0, type: ${severity}`,
  `${number}[Hardware Error]:  fru_text: Card01, ChnA, DIMM0`,
  `${number}[Hardware Error]:   section_type: ${section}`,
  `${number}[Hardware Error]:   error_type: 3, multi-bit ECC`,
];
const bank = (status: string, exception = ''): string =>
  `mce: [Hardware Error]: CPU 12: Machine Check${exception}: 0 Bank 8: ${status}`;

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    // Errors of years: only their growth counts.
    simulated().with({ [count(2, 'ce')]: '4294967295\n', [count(3, 'ue')]: '17\n' }),
    // One hundred corrected errors in a day are not too many; 12 were there before.
    counting(12 + 100),
    // Banners of the drivers, and the line for corrected errors that the counter counts too.
    simulated().saying([
      'EDAC MC0: Giving out device to module i10nm_edac controller Intel_10nm Socket#0 IMC#0: DEV 0000:7e:0c.0 (INTERRUPT)',
      'EDAC MC: Ver: 3.0.0',
      'mce: CPU supports 32 MCE banks',
      edac('CE', 8821),
    ]),
    // A user may write to the log what he likes.
    simulated().saying([edac('UE'), ...firmware('fatal', 'memory error')], { facility: 1 }),
    // A reboot starts the counters again, and no counter falls by itself.
    simulated().with({ [count(0, 'ce')]: '0\n' }, { from: 1 }),
    // After a week what was not memory is over; a corrected error after a day.
    simulated('hgx-h100-8', [8 * DAY_SECONDS]).saying([bank('be00000000800400')], { secondsAgo: 7 * DAY_SECONDS + 60 }),
    simulated('hgx-h100-8', [2 * DAY_SECONDS]).saying([bank('8c00004000010093')], { secondsAgo: DAY_SECONDS + 60 }),
    // A virtual machine has no EDAC driver: the kernel log alone is judged.
    simulated().without('sys/devices/system/edac/**'),
    // One look: no rate yet.
    simulated('hgx-h100-8', [0]),
  ],
  findings: {
    uncorrectable: [
      {
        on: simulated('hgx-h100-8+memory-uncorrectable'),
        about: ['node'],
        severity: 'CRITICAL',
        // The page that the kernel then took out of use is the same error.
        saying:
          /^The memory of the host had an uncorrectable error in CPU_SrcID#0_MC#0_Chan#0_DIMM#1 \(MC0\), at [^,]*$/,
      },
      {
        on: simulated().saying([edac('UE')]),
        about: ['node'],
        saying: /^The memory of the host had an uncorrectable error in CPU_SrcID#0_MC#1_Chan#0_DIMM#0 \(MC1\), at /,
      },
      {
        on: simulated().saying(firmware('recoverable', 'memory error')),
        about: ['node'],
        severity: 'CRITICAL',
        saying: /uncorrectable error in Card01, ChnA, DIMM0, at/,
      },
      { on: simulated('gb200-nvl72').saying(firmware('fatal', 'memory error')), about: ['node'] },
      {
        on: simulated().saying([
          'BERT: Error records from previous boot:',
          '[Hardware Error]: event severity: fatal',
          '[Hardware Error]:   section_type: memory error',
        ]),
        about: ['node'],
        saying: /uncorrectable error before the last boot in a memory module that the kernel does not name/,
      },
      {
        on: simulated().saying(['Memory failure: 0xe16677: recovery action for dirty LRU page: Recovered']),
        about: ['node'],
        saying: /took a page of memory out of use after an uncorrectable error \(dirty LRU page: Recovered\)/,
      },
      {
        on: simulated().saying(['mce: Uncorrected hardware memory error in user-access at 5fbc4b5c0']),
        about: ['node'],
      },
      // What a user writes about a module does not stand for what the kernel says.
      {
        on: simulated()
          .saying([edac('UE')], { facility: 1 })
          .saying(['Memory failure: 0xe16677: recovery action for dirty LRU page: Recovered']),
        about: ['node'],
        saying: /took a page of memory out of use/,
      },
      // An hour later it is another one.
      {
        on: simulated()
          .saying([edac('UE')], { secondsAgo: 3700 })
          .saying(['Memory failure: 0xe16677: recovery action for dirty LRU page: Recovered']),
        about: ['node'],
        saying: /took a page of memory out of use .*, 2 times since/,
      },
      // It stands for as long as nobody has dealt with it.
      {
        on: simulated('hgx-h100-8', [40 * DAY_SECONDS]).saying([edac('UE')], { secondsAgo: 30 * DAY_SECONDS }),
        about: ['node'],
      },
      // Without EDAC counters, and with others that cannot be read.
      {
        on: simulated()
          .without('sys/devices/system/edac/**')
          .saying([edac('UE')]),
        about: ['node'],
      },
    ],
    'uncorrectable-counted': [
      {
        on: counting(1, 5, 'ue'),
        about: ['node'],
        severity: 'CRITICAL',
        saying:
          'The memory of the host had uncorrectable errors: 1 on mc5 within 5 s; the limit is 0 a day and controller',
      },
      // Told in the kernel's words, which say where: not a second time.
      { on: counting(1, 1, 'ue').saying([edac('UE')]), about: [] },
    ],
    'correctable-rising': [
      {
        on: counting(12 + 101),
        about: ['node'],
        severity: 'WARNING',
        saying:
          'The memory of the host had correctable errors: 101 on mc0 within 5 s; the limit is 100 a day and controller',
      },
      { on: simulated('hgx-h100-8+memory-corrected'), about: ['node'], saying: /: 250 on mc0 within 5 s;/ },
      // Two controllers, one finding; one that is silent takes nothing back.
      {
        on: simulated()
          .with({ [count(1, 'ce')]: '300\n', [count(2, 'ce')]: '200\n' }, { from: 1 })
          .failing({ [count(3, 'ce')]: 'failed: EIO' }),
        about: ['node'],
        saying: /300 on mc1 within 5 s, 200 on mc2 within 5 s;/,
      },
      // The site's own limit.
      {
        on: counting(12 + 11).configured({
          checks: { 'host/memory-errors': { mode: 'enforce', options: { correctable_per_day: 10 } } },
        }),
        about: ['node'],
        saying: /: 11 on mc0 within 5 s; the limit is 10 a day/,
      },
    ],
    'hardware-error': [
      {
        on: simulated().saying([bank('be00000000800400', ' Exception')]),
        about: ['node'],
        severity: 'WARNING',
        saying: /^The hardware reported an error that was not corrected: fatal, at /,
      },
      { on: simulated().saying([bank('be00000000800400')]), about: ['node'], saying: /not corrected: uncorrected, at/ },
      { on: simulated().saying(['[Hardware Error]: Deferred error, no action required.']), about: ['node'] },
      { on: simulated().saying(['[Hardware Error]: System Fatal error.']), about: ['node'], saying: /: fatal/ },
      {
        on: simulated().saying(['[Hardware Error]: Uncorrected, software restartable error.']),
        about: ['node'],
        saying: /: uncorrected/,
      },
      {
        on: simulated().saying(firmware('fatal', 'PCIe error')),
        about: ['node'],
        saying: /not corrected: fatal \(PCIe\)/,
      },
      // What ended the boot before.
      {
        on: simulated().saying([
          'BERT: Error records from previous boot:',
          '[Hardware Error]: event severity: fatal',
          '[Hardware Error]:   section_type: general processor error',
        ]),
        about: ['node'],
        saying: /not corrected before the last boot: fatal \(general processor\)/,
      },
      {
        on: simulated('hgx-h100-8', [8 * DAY_SECONDS]).saying([bank('be00000000800400')], {
          secondsAgo: 7 * DAY_SECONDS - 60,
        }),
        about: ['node'],
      },
    ],
    logged: [
      {
        on: simulated().saying([bank('8c00004000010093')]),
        about: ['node'],
        severity: 'INFO',
        saying: /^The hardware reported an error that was corrected, or of unknown severity, at /,
      },
      { on: simulated().saying(['mce: [Hardware Error]: Machine check events logged']), about: ['node'] },
      { on: simulated().saying(['[Hardware Error]: Corrected error, no action required.']), about: ['node'] },
      {
        on: simulated().saying(firmware('corrected', 'memory error')),
        about: ['node'],
        saying: /corrected, or of unknown severity \(memory\)/,
      },
      {
        on: simulated('hgx-h100-8', [2 * DAY_SECONDS]).saying([bank('8c00004000010093')], {
          secondsAgo: DAY_SECONDS - 60,
        }),
        about: ['node'],
      },
      // Of a record whose beginning was lost nobody knows how grave it is.
      { on: simulated().saying(firmware('fatal', 'memory error').slice(4)), about: ['node'], severity: 'INFO' },
    ],
  },
  skipped: [
    // A site that does without the kernel log, on a virtual machine.
    simulated()
      .without('sys/devices/system/edac/**', 'kmsg')
      .configured({ optionalSources: new Set(['kernel-log']) }),
  ],
  unknown: [
    simulated().failing({ kmsg: 'denied: EACCES' }).without('sys/devices/system/edac/**'),
    simulated().failing({ 'sys/devices/system/edac/mc': 'denied: EACCES' }),
    simulated().failing({ [count(3, 'ue')]: 'failed: EIO' }),
    simulated().with({ [count(3, 'ce')]: 'garbage\n' }),
  ],
} satisfies Outcomes;
