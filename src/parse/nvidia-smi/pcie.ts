import { absent, counter, type Gpu, type Raw } from '../../api.ts';
import { integer, quantity } from '../quantity.ts';
import type { Leaves } from './leaves.ts';

const LINK = 'pci/pci_gpu_link_info';
const elsewhere = counter(absent('unsupported', 'nvidia-smi prints no AER counters; they are in sysfs'));

export const pcie = ({ read }: Leaves): Raw<Gpu>['pcie'] => ({
  generation: read(`${LINK}/pcie_gen/current_link_gen`, integer),
  maxGeneration: read(`${LINK}/pcie_gen/max_link_gen`, integer),
  width: read(`${LINK}/link_widths/current_link_width`, lanes),
  maxWidth: read(`${LINK}/link_widths/max_link_width`, lanes),
  replays: counter(read('pci/replay_counter', integer)),
  aer: { correctable: elsewhere, nonfatal: elsewhere, fatal: elsewhere },
});

function lanes(text: string) {
  return quantity(text, 'x');
}
