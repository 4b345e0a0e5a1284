import { absent, known, type PcieLink, type Reading } from '../../src/api.ts';
import { GIGATRANSFERS } from './pcie-link.ts';
import { together } from './readings.ts';

/**
 * Errors a minute that the specified bit error ratio explains, rounded up as DCGM does for replays: 31 for generation 5
 * x16. Each is a packet sent again, and a correctable error of whoever received it.
 */
export const bitErrorAllowance = ({ maxGeneration, width }: PcieLink, bitErrorRatio: number): Reading<number> => {
  const link = together({ maxGeneration, width });
  if (!link.ok) return link;
  const speed = GIGATRANSFERS[link.value.maxGeneration];
  if (speed === undefined)
    return absent('unsupported', `no bit rate is known for PCIe generation ${link.value.maxGeneration}`);
  return known(Math.ceil(speed * 1e9 * 60 * bitErrorRatio * link.value.width));
};
