import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { failingCall } from '../../support/smi-text.ts';

const ERRORS = 'commands/nvidia-smi_nvlink_-e.out';
/** A minute apart, so that a number is a rate. */
const h100 = simulated('hgx-h100-8', [0, 60]);
const gb200 = simulated('gb200-nvl72', [0, 60]);

const setTo =
  (gpu: number, link: number, kind: string, count: number | string) =>
  (text: string): string =>
    text
      .split(/^(?=GPU \d)/m)
      .map((block) =>
        block.startsWith(`GPU ${gpu}:`)
          ? block.replace(new RegExp(`(Link ${link}: ${kind}): .+`), `$1: ${count}`)
          : block,
      )
      .join('');
const counts = (kind: string, before: number, after: number, machine = h100): RawMachine =>
  machine.with({ [ERRORS]: setTo(2, 7, kind, before) }).with({ [ERRORS]: setTo(2, 7, kind, after) }, { from: 1 });

/** NVLink 5 prints other counters; large ones of what was corrected or went well are healthy (real captures). */
const nvlink5 = (counters: Readonly<Record<string, number>>): RawMachine => {
  const lines = Object.entries({
    'Malformed packet Errors': 0,
    'Buffer overrun Errors': 0,
    'Rx Errors': 0,
    'Rx remote Errors': 0,
    'Rx General Errors': 0,
    'Local link integrity Errors': 0,
    'Tx discards': 0,
    'Link recovery successful events': 0,
    'Link recovery failed events': 0,
    'Total link recovery events': 0,
    'Effective Errors': 0,
    'Symbol Errors': 0,
    'FEC Errors - 0': 0,
  });
  const LINKS = Array.from({ length: 18 }, (_, link) => link);
  const text = (more: Readonly<Record<string, number>>): string =>
    [0, 1, 2, 3]
      .flatMap((gpu) => [
        `GPU ${gpu}: NVIDIA GB200`,
        ...LINKS.flatMap((link) => [
          ...lines.map(([kind]) => `\t Link ${link}: ${kind}: ${gpu === 2 && link === 7 ? (more[kind] ?? 0) : 0}`),
          `\t Link ${link}: Effective BER: 15e-255`,
        ]),
      ])
      .join('\n');
  return gb200.with({ [ERRORS]: () => `${text({})}\n` }).with({ [ERRORS]: () => `${text(counters)}\n` }, { from: 1 });
};

export default {
  pass: [
    h100,
    gb200,
    simulated('hgx-a100-8', [0, 60]),
    // Lifetime totals.
    h100.with({ [ERRORS]: (text) => text.replace(/Errors: 0/g, 'Errors: 4711') }),
    counts('CRC Errors', 10, 6009),
    nvlink5({
      'FEC Errors - 0': 104_857,
      'Symbol Errors': 500,
      'Effective Errors': 3,
      'Link recovery successful events': 9,
      'Total link recovery events': 9,
    }),
  ],
  findings: {
    'crc-errors': [
      {
        on: counts('CRC Errors', 10, 6010),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^NVLink 7 of GPU 2: error counter "crc" grew by 6000 within 60 s; 6000 a minute is too much$/,
      },
    ],
    'replay-errors': [
      {
        on: counts('Replay Errors', 5, 6),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^NVLink 7 of GPU 2: error counter "replay" grew by 1 within/,
      },
      { on: counts('Replay Errors', 5, 5), about: [] },
    ],
    'recovery-errors': [
      { on: counts('Recovery Errors', 0, 3), about: ['gpu2'], severity: 'WARNING', saying: /"recovery" grew by 3/ },
      { on: nvlink5({ 'Link recovery failed events': 1 }), about: ['gpu2'] },
    ],
    'link-errors': [
      ...[
        'Malformed packet Errors',
        'Buffer overrun Errors',
        'Rx Errors',
        'Local link integrity Errors',
        'Tx discards',
      ].map((kind) => ({
        on: nvlink5({ [kind]: 1 }),
        about: ['gpu2'],
        severity: 'WARNING' as const,
      })),
    ],
  },
  skipped: [
    simulated('hgx-h100-8', [0]),
    h100.without('commands/nvidia-smi_nvlink_*'),
    // Counters of 16 bits that stand at their end.
    h100.with({ [ERRORS]: (text) => text.replace(/Errors: 0/g, 'Errors: 65535') }),
  ],
  unknown: [
    failingCall(h100, 'nvlink -e', 'timeout: 25 s'),
    h100.with({ [ERRORS]: setTo(2, 7, 'CRC Errors', 'what') }),
  ],
} satisfies Outcomes;
