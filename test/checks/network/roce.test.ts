import { expect, it } from 'vitest';
import congestion from '../../../checks/network/congestion.ts';
import roceMisconfigured from '../../../checks/network/roce-misconfigured.ts';
import { counterOf, judgeWith } from '../../support/healthy-gpu.ts';
import { counterLimit, ethernetNic } from '../../support/healthy-nic.ts';
import { passesIn, unjudgedIn } from '../../support/outcomes.ts';

/** What no text shows: a port that came between two readings of its settings, which are rare. */
it('does not pass a port whose settings were not read yet', () => {
  const judgements = judgeWith(roceMisconfigured, { nics: [ethernetNic(0)], roce: [] });
  expect(unjudgedIn(judgements)).toContain('mlx5_0 all no-history');
  expect(passesIn(judgements)).toEqual([]);
});

it('does not pass a port that ethtool was not asked about', () => {
  const limit = counterLimit({
    name: 'tx_pause_storm_error_events',
    path: 'ethtool -S <interface>: tx_pause_storm_error_events',
    check: 'network/congestion',
    code: 'pause-storm',
  });
  const nics = [ethernetNic(0, { counters: { out_of_sequence: counterOf(3) } })];
  const judgements = judgeWith(congestion, { nics, nicCounterLimits: [limit], ethernetStatistics: [] });
  expect(unjudgedIn(judgements)).toEqual(['mlx5_0 pause-storm unsupported']);
});
