import { driverShape } from './driver-shape.ts';
import { LOST_PATHS } from './lost-gpu.ts';
import { gpuElements } from './nvidia-smi-gpu.ts';
import { asNvidiaSmi } from './pci-address.ts';
import type { World } from './state.ts';
import { type Element, renderXml, withText } from './xml.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Fri Aug 21 08:54:01 2026`, as C's ctime; the machine's clock is UTC. */
export const ctime = (ms: number): string => {
  const d = new Date(ms);
  const day = `${d.getUTCDate()}`.padStart(2, ' ');
  return `${DAYS[d.getUTCDay()]} ${MONTHS[d.getUTCMonth()]} ${day} ${d.toISOString().slice(11, 19)} ${d.getUTCFullYear()}`;
};

/** `nvidia-smi -q -x`. */
export const nvidiaSmiXml = (world: World): string => {
  const shape = driverShape(world.machine.driver);
  const attached = world.gpus.filter((gpu) => gpu.attached);
  const header: readonly Element[] = [
    ['timestamp', ctime(world.atMs)],
    ['driver_version', world.machine.driver],
    ['cuda_version', world.machine.cuda],
    ['attached_gpus', attached.length],
  ];
  const gpus = attached.map((gpu) => {
    const all = gpuElements(world, gpu, shape);
    const seen = gpu.lost ? withText(all, LOST_PATHS, 'GPU is lost') : all;
    return `\t<gpu id="${asNvidiaSmi(gpu.slot.pci)}">\n${renderXml(seen, 2)}\t</gpu>\n\n`;
  });
  return [
    '<?xml version="1.0" ?>\n',
    `<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_${shape.dtd}.dtd">\n`,
    '<nvidia_smi_log>\n',
    renderXml(header, 1),
    ...gpus,
    '</nvidia_smi_log>\n',
  ].join('');
};
