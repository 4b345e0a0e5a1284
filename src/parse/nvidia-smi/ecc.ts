import { absent, type B, counter, type Gpu, type N, type Raw } from '../../api.ts';
import { flag, integer } from '../quantity.ts';
import { combine, type Leaves } from './leaves.ts';

type Scope = 'volatile' | 'aggregate';
type Counters = Raw<Gpu>['ecc'][Scope];

/** Before Turing errors are counted by width, not by memory; of these `device_memory` is the DRAM. */
const byWidth = ({ firstOf }: Leaves, at: string): Counters => {
  const dram = (width: string): N => firstOf([`${at}/${width}/device_memory`, `${at}/${width}/total`], integer);
  const sram = absent('unsupported', `${at}: this GPU does not count SRAM errors apart`);
  return {
    sram_correctable: counter(sram),
    sram_uncorrectable: counter(sram),
    dram_correctable: counter(dram('single_bit')),
    dram_uncorrectable: counter(dram('double_bit')),
  };
};

/** Ampere and later split the number by code (parity, SEC-DED) from driver 535 or 570; Turing still prints one. */
const sramUncorrectable = (leaves: Leaves, at: string): N => {
  const split = [`${at}/sram_uncorrectable_parity`, `${at}/sram_uncorrectable_secded`];
  if (!split.some((path) => leaves.element.leaves.has(path))) return leaves.read(`${at}/sram_uncorrectable`, integer);
  return combine(
    split.map((path) => leaves.read(path, integer)),
    (counts) => counts.reduce((sum, count) => sum + count, 0),
  );
};

const counters = (leaves: Leaves, scope: Scope): Counters => {
  const at = `ecc_errors/${scope}`;
  if (leaves.element.branches.has(`${at}/single_bit`) || leaves.element.branches.has(`${at}/double_bit`)) {
    return byWidth(leaves, at);
  }
  return {
    sram_correctable: counter(leaves.read(`${at}/sram_correctable`, integer)),
    sram_uncorrectable: counter(sramUncorrectable(leaves, at)),
    dram_correctable: counter(leaves.read(`${at}/dram_correctable`, integer)),
    dram_uncorrectable: counter(leaves.read(`${at}/dram_uncorrectable`, integer)),
  };
};

export const ecc = (leaves: Leaves): Raw<Gpu>['ecc'] => {
  const answer = (path: string): B => leaves.read(`ecc_errors/${path}`, (text) => flag(text, 'Yes', 'No'));
  return {
    enabled: leaves.read('ecc_mode/current_ecc', (mode) => flag(mode, 'Enabled', 'Disabled')),
    volatile: counters(leaves, 'volatile'),
    aggregate: counters(leaves, 'aggregate'),
    sramThresholdExceeded: answer('aggregate/sram_threshold_exceeded'),
    channelRepairPending: answer('channel_repair_pending'),
    tpcRepairPending: answer('tpc_repair_pending'),
    unrepairableMemory: answer('unrepairable_memory'),
  };
};
