import { type B, type Component, type Gpu, known, type Raw, signal } from '../../api.ts';
import { bytes, ratio } from '../quantity.ts';
import { clock } from './clocks.ts';
import { ecc } from './ecc.ts';
import { fabric } from './fabric.ts';
import { health } from './health.ts';
import { identity, modes } from './identity.ts';
import type { Leaves } from './leaves.ts';
import { pcie } from './pcie.ts';
import { power } from './power.ts';
import { busy, processes } from './processes.ts';
import { retiredPages, rows } from './rows.ts';
import { thermal } from './thermal.ts';
import { throttle } from './throttle.ts';

/** One `<gpu>` element as facts. */
export const readGpu = (leaves: Leaves, ref: Component, inforomCorrupted: B = known(false)): Raw<Gpu> => {
  const utilization = leaves.read('utilization/gpu_util', ratio);
  const list = processes(leaves);
  return {
    ref,
    ...identity(leaves),
    ...modes(leaves),
    health: health(leaves.element),
    busy: busy(utilization, list),
    pcie: pcie(leaves),
    utilizationRatio: signal(utilization),
    memory: {
      totalBytes: leaves.read('fb_memory_usage/total', bytes),
      usedBytes: leaves.read('fb_memory_usage/used', bytes),
    },
    temperature: thermal(leaves),
    power: power(leaves),
    clock: clock(leaves),
    throttle: throttle(leaves),
    ecc: ecc(leaves),
    rows: rows(leaves),
    retiredPages: retiredPages(leaves),
    inforomCorrupted,
    fabric: fabric(leaves),
    processes: list,
  };
};
