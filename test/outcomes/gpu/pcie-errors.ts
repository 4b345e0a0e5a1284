import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const DEVICES = 'sys/bus/pci/devices';
/** GPU 2 and the port above it. */
const GPU = '0000:52:00.0';
const PORT = '0000:51:00.0';
const DAY = 86_400;

const NAMES = { correctable: 'COR', nonfatal: 'NONFATAL', fatal: 'FATAL' } as const;
type Severity = keyof typeof NAMES;
const table = (severity: Severity, count: number): string =>
  `First ${count}\nSecond 0\nTOTAL_ERR_${NAMES[severity]} ${count}\n`;
const file = (severity: Severity, gpu = GPU): string => `${DEVICES}/${gpu}/aer_dev_${severity}`;

const h100 = simulated('hgx-h100-8', [0, 60]);
/** So many errors more at the last sample, a minute later. */
const counted = (severity: Severity, count: number, machine = h100): RawMachine =>
  machine
    .with({ [file(severity)]: () => table(severity, 5000) })
    .with({ [file(severity)]: () => table(severity, 5000 + count) }, { from: 1 });
const replayed = (count: number) => (xml: string) => {
  let gpu = -1;
  return xml.replace(/<replay_counter>(\d+)/g, (_, before: string) => {
    gpu += 1;
    return `<replay_counter>${Number(before) + (gpu === 2 ? count : 0)}`;
  });
};

const WORDS: Readonly<Record<Severity, string>> = {
  correctable: 'severity=Corrected, type=Physical Layer, (Receiver ID)',
  nonfatal: 'severity=Uncorrected (Non-Fatal), type=Transaction Layer, (Requester ID)',
  fatal: 'severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)',
};
const line = (severity: Severity, device = PORT, driver = 'pcieport'): string =>
  `${driver} ${device}: PCIe Bus Error: ${WORDS[severity]}`;
const logged = (severity: Severity, times = 1, secondsAgo = 10, device = PORT, driver = 'pcieport'): RawMachine =>
  h100.saying(
    Array.from({ length: times }, () => line(severity, device, driver)),
    { secondsAgo },
  );

const LIMITED = {
  'gpu/pcie-errors': { mode: 'enforce', options: { correctable_errors_per_minute: 5 } },
} as const;

export default {
  pass: [
    h100,
    simulated('gb200-nvl72', [0, 60]),
    // Lifetime totals, which say nothing of now.
    h100.with({
      [`${DEVICES}/*/aer_dev_correctable`]: () => table('correctable', 104_857),
      [`${DEVICES}/*/aer_dev_nonfatal`]: () => table('nonfatal', 7),
      [`${DEVICES}/*/aer_dev_fatal`]: () => table('fatal', 2),
    }),
    // As many as the bit error ratio explains on a link of generation 5 with 16 lanes.
    counted('correctable', 31),
    logged('correctable', 31),
    // A GPU that was reset counts from 0.
    h100
      .with({ [file('fatal')]: () => table('fatal', 9) })
      .with({ [file('fatal')]: () => table('fatal', 0) }, { from: 1 }),
    // Of other devices, of users, of earlier days, and what only announces the record.
    logged('fatal', 1, 10, '0000:05:00.0'),
    logged('fatal', 1, 10, '0000:18:00.0', 'mlx5_core'),
    h100.saying([line('fatal')], { facility: 1 }),
    logged('nonfatal', 1, DAY + 60),
    logged('correctable', 5000, 3700),
    h100.saying([`pcieport ${PORT}: AER: Uncorrected (Fatal) error received: ${GPU}`]),
  ],
  findings: {
    'correctable-errors': [
      {
        on: counted('correctable', 32),
        about: ['gpu2'],
        observed: '32/min',
        expected: 'at most 31/min',
        severity: 'WARNING',
        saying: /^GPU 2 counted corrected PCIe errors: 32 within 60 s; 32 a minute, up to 31 are normal$/,
      },
      {
        on: logged('correctable', 32),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^The kernel logged corrected PCIe errors on the link of GPU 2 \(0000:51:00\.0\): 32; 32 a minute, up/,
      },
      { on: logged('correctable', 5000, 3500), about: ['gpu2'] },
      { on: logged('correctable', 32, 10, GPU, 'nvidia'), about: ['gpu2'] },
      // The other end repeats what this one received with errors: gpu/pcie-replays warns of it.
      {
        on: counted('correctable', 400).with({ 'commands/nvidia-smi_-q_-x.out': replayed(400) }, { from: 1 }),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /see gpu\/pcie-replays$/,
      },
      {
        on: counted('correctable', 400).with({ 'commands/nvidia-smi_-q_-x.out': replayed(20) }, { from: 1 }),
        about: ['gpu2'],
        severity: 'WARNING',
      },
      {
        on: counted('correctable', 6).configured({
          checks: LIMITED,
        }),
        about: ['gpu2'],
        saying: /up to 5 are normal/,
      },
      {
        on: counted('correctable', 5).configured({
          checks: LIMITED,
        }),
        about: [],
      },
      { on: simulated('hgx-h100-8+pcie-errors@gpu4'), about: ['gpu4'], severity: 'WARNING' },
      // Known by its place alone.
      {
        on: counted('correctable', 400).without('commands/nvidia-smi_-q_-x.*'),
        about: ['gpu:00000000:52:00.0'],
      },
    ],
    'nonfatal-errors': [
      {
        on: counted('nonfatal', 1),
        about: ['gpu2'],
        observed: '1',
        expected: '0',
        severity: 'WARNING',
        saying: /^GPU 2 counted uncorrectable non-fatal PCIe errors: 1 within 60 s; data was lost$/,
      },
      { on: logged('nonfatal'), about: ['gpu2'], severity: 'WARNING' },
      { on: logged('nonfatal', 1, DAY - 60), about: ['gpu2'] },
    ],
    'fatal-errors': [
      { on: counted('fatal', 1), about: ['gpu2'], severity: 'CRITICAL', saying: /the link failed/ },
      {
        on: logged('fatal'),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^The kernel logged fatal PCIe errors on the link of GPU 2 \(0000:51:00\.0\): 1; the link failed$/,
      },
      // Until the next boot.
      { on: logged('fatal', 1, DAY + 60), about: ['gpu2'] },
      // Kernels of other years: the function after a colon, and `AER: ` before the words.
      { on: h100.saying([line('fatal', '0000:51:00:0')]), about: ['gpu2'] },
      { on: h100.saying([`pcieport ${PORT}: AER: PCIe Bus Error: ${WORDS.fatal}`]), about: ['gpu2'] },
      { on: logged('fatal', 1, 10, GPU, 'vfio-pci'), about: ['gpu2'] },
      { on: simulated('hgx-h100-8+pcie-fatal@gpu6'), about: ['gpu6'], severity: 'CRITICAL' },
      { on: simulated('gb200-nvl72+pcie-fatal@gpu1'), about: ['gpu1'], severity: 'CRITICAL' },
      // The counter tells what the line says, once.
      { on: counted('fatal', 2).saying([line('fatal')]), about: ['gpu2'], saying: /^GPU 2 counted .*: 2 within/ },
      // Without counters, as where the firmware keeps AER to itself, the line still counts.
      { on: logged('fatal').without(`${DEVICES}/*/aer_dev_*`), about: ['gpu2'] },
    ],
  },
  skipped: [simulated('hgx-h100-8', [0]), h100.without(`${DEVICES}/*/aer_dev_*`)],
  unknown: [
    h100.failing({ [file('fatal')]: 'denied: EACCES' }),
    h100.with({ [file('correctable')]: () => 'First 5\n' }),
    h100.failing({ 'sys/bus/pci/devices': 'denied: EACCES' }),
    // What the port above saw is told by the log alone.
    h100.failing({ kmsg: 'denied: EPERM' }),
  ],
} satisfies Outcomes;
