import { describe, expect, it } from 'vitest';
import type { CounterLimit } from '../../../src/api.ts';
import { nicCounterLimits } from '../../../src/knowledge/nic-counters.ts';
import { counting, ethtoolOf, portFile } from '../../support/nic-files.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

/** Two samples a source's longest interval apart: what rises must be found by the second. */
const SECONDS = 60;
/** Of the width of every counter: four bits, which stop at 15. */
const TOTAL = 3;
const DEVICE = 'mlx5_2';
const NETDEV = 'enp79s0np0';

const machineOf = ({ linkLayer }: CounterLimit): RawMachine =>
  simulated(linkLayer === 'ethernet' ? 'hgx-h100-8-roce' : 'hgx-h100-8', [0, SECONDS]);

/** What the row lets the counter grow by in that time, by the table alone. */
const allowed = ({ measure, threshold, unit, window }: CounterLimit): number => {
  const windowSeconds = { interval: 1, '15m': 900, '1h': 3600, '24h': 86_400 }[window];
  const unitSeconds = { s: 1, min: 60, h: 3600 }[unit.split('/')[1] ?? ''] ?? 1;
  const scaled =
    measure === 'rate' ? (threshold / unitSeconds) * SECONDS : threshold * Math.min(1, SECONDS / windowSeconds);
  return threshold === 0 ? 0 : Math.max(1, Math.floor(scaled));
};

/** The counter reads so much in all samples, and so much more from the second on. */
const reading = (row: CounterLimit, by: number): RawMachine => {
  const name = row.name.replace('*', '3');
  const file = row.path.replace('ports/<port>/', '');
  const write = (total: number) =>
    row.path.startsWith('ethtool')
      ? { [ethtoolOf(NETDEV)]: counting(name, total) }
      : { [portFile(DEVICE, file)]: `${total}\n` };
  return machineOf(row)
    .with(write(TOTAL))
    .with(write(TOTAL + by), { from: 1 });
};

const found = async (row: CounterLimit, by: number): Promise<readonly string[]> => {
  const { findings } = await reading(row, by).judge(row.check);
  return findings.map(({ component, code, severity }) => `${component.device} ${code} ${severity}`);
};

describe.each(nicCounterLimits.map((row) => [row.name, row] as const))('%s', (_, row) => {
  it('raises nothing by its lifetime total', async () => expect(await found(row, 0)).toEqual([]));

  it('raises nothing at its limit', async () => expect(await found(row, allowed(row))).toEqual([]));

  it('rising above it is found within two intervals', async () =>
    expect(await found(row, allowed(row) + 1)).toEqual([`${DEVICE} ${row.code} ${row.severity}`]));
});
