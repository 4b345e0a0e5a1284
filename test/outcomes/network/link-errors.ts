import { portFile, raised } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const grown = (counter: string, by: number, on: RawMachine = simulated()): RawMachine =>
  on.with({ [portFile('mlx5_3', counter)]: raised(by) }, { from: 1 });
const RCV = 'counters/port_rcv_errors';
const ACK = 'hw_counters/local_ack_timeout_err';

export default {
  pass: [
    simulated(),
    simulated('hgx-h100-8-roce'),
    // Ten a second are tolerated, and totals say nothing.
    grown(RCV, 50),
    simulated().with({ [portFile('*', RCV)]: '61234\n', [portFile('*', ACK)]: '918273645\n' }),
    // One time-out in a second is no rate.
    grown(ACK, 5),
    grown('counters/symbol_error', 1),
    // Unused, whatever it counts.
    simulated().with({ [portFile('mlx5_9', RCV)]: raised(9000) }, { from: 1 }),
    // What is InfiniBand's alone is not asked of an Ethernet port.
    grown('counters/symbol_error', 400, simulated('hgx-h100-8-roce')),
    // A driver reload starts again from zero.
    simulated()
      .with({ [portFile('mlx5_3', RCV)]: '14\n' })
      .with({ [portFile('mlx5_3', RCV)]: '0\n' }, { from: 1 }),
  ],
  findings: {
    'above-limit': [
      {
        on: grown(RCV, 51),
        about: ['mlx5_3'],
        severity: 'WARNING',
        saying: /mlx5_3: port_rcv_errors grew by 51 in 5 s, limit 50\. Packets arrive damaged/,
      },
      { on: grown(ACK, 6), about: ['mlx5_3'], saying: /limit 5\./ },
      { on: grown('counters/symbol_error', 2), about: ['mlx5_3'], saying: /limit 1\./ },
      { on: grown('counters/excessive_buffer_overrun_errors', 1), about: ['mlx5_3'] },
      { on: grown('hw_counters/rnr_nak_retry_err', 1), about: ['mlx5_3'], severity: 'INFO' },
      {
        on: grown('hw_counters/rnr_nak_retry_err', 1, grown(RCV, 51, grown(ACK, 6))),
        about: ['mlx5_3'],
        severity: 'WARNING',
        saying: /and 2 more counters above the limit/,
      },
      { on: grown(RCV, 51, grown(ACK, 6)), about: ['mlx5_3'], saying: /and 1 more counter above/ },
      { on: grown('hw_counters/roce_slow_restart', 51, simulated('hgx-h100-8-roce')), about: ['mlx5_3'] },
    ],
  },
  skipped: [
    simulated('hgx-h100-8', [0]),
    simulated().without('sys/class/infiniband/*/ports/1/counters/*', 'sys/class/infiniband/*/ports/1/hw_counters/*'),
  ],
  unknown: [
    simulated().with({ [portFile('mlx5_3', RCV)]: 'x\n' }),
    simulated().without(portFile('mlx5_3', RCV)),
    simulated().failing({ [portFile('mlx5_3', 'counters')]: 'denied: EACCES' }),
  ],
} satisfies Outcomes;
