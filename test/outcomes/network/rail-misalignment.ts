import { silent } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const MATRIX = 'commands/nvidia-smi_topo_-m.out';
/** What the matrix says of a GPU and a NIC: columns are the GPUs, then the NICs, by number. */
const between = (gpu: number, changes: Readonly<Record<number, string>>) => (text: string) =>
  text
    .split('\n')
    .map((row) => {
      if (!row.startsWith(`GPU${gpu}\t`)) return row;
      const cells = row.split('\t');
      for (const [nic, path] of Object.entries(changes)) cells[1 + 8 + Number(nic)] = path;
      return cells.join('\t');
    })
    .join('\n');

export default {
  pass: [
    simulated(),
    simulated('hgx-a100-8'),
    simulated('hgx-h100-8-roce'),
    // Far from every GPU: whatever it is for, no GPU uses it.
    simulated().failing(silent('mlx5_8')),
  ],
  findings: {
    'no-close-nic': {
      on: simulated().with({ [MATRIX]: between(2, { 2: 'NODE' }) }),
      about: ['gpu2'],
      severity: 'WARNING',
      saying: /GPU 2 reaches its nearest compute NIC over NODE; 7 of 8 GPUs have one below their PCIe switch/,
    },
    'shared-nic': {
      on: simulated().with({ [MATRIX]: between(2, { 2: 'NODE', 3: 'PIX' }) }),
      about: ['gpu2', 'gpu3'],
      severity: 'WARNING',
    },
  },
  skipped: [simulated('gb200-nvl72'), simulated().without(MATRIX)],
  unknown: [
    simulated().with({ [MATRIX]: 'no matrix\n' }),
    simulated().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
    simulated().failing(silent('mlx5_3')),
  ],
} satisfies Outcomes;
