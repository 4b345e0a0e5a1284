import type { EngineSettings } from '../../../src/engine/engine.ts';
import { DOWN, portFile, portFiles } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

/** The table of a port from its beginning; the other places stay empty. */
const table = (device: string, ...keys: readonly string[]) =>
  Object.fromEntries(keys.map((key, place) => [portFile(device, `pkeys/${place}`), `${key}\n`]));
const tenant = (on = simulated()): RawMachine => on.with(table('*', '0x7fff', '0x8012'));
const requiring = (pkeys: readonly string[]): Partial<EngineSettings> => ({
  checks: { 'network/pkey-mismatch': { mode: 'enforce', options: { pkeys } } },
});
const half = ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3'];

export default {
  pass: [
    simulated(),
    tenant(),
    tenant().configured(requiring(['0x8012'])),
    // The order is the subnet manager's.
    simulated()
      .with(table('*', '0x7fff', '0x8012'))
      .with(table('mlx5_4', '0x8012', '0x7fff')),
    // A port without a link keeps what it had at start; it is network/link-down's.
    tenant().with({ ...table('mlx5_4', '0xffff', '0x0000'), ...portFiles('mlx5_4', DOWN) }),
  ],
  findings: {
    differs: [
      // The configuration says that nothing uses the two.
      {
        on: tenant()
          .with(table('mlx5_4', '0x7fff', '0x0000'))
          .configured({ nicRoles: ['mlx5_4', 'mlx5_5'].map((match) => ({ match, role: 'unused' })) }),
        about: [],
      },
      {
        on: tenant().with(table('mlx5_4', '0x7fff', '0x0000')),
        about: ['mlx5_4'],
        severity: 'WARNING',
        saying: /mlx5_4 has partition keys 0x7fff; 7 of 8 of its model have 0x7fff, 0x8012/,
      },
      // Limited membership of the same partition is another right.
      { on: simulated('hgx-h100-8+pkey-missing@mlx5_1'), about: ['mlx5_1'] },
      // Nobody can say which half is wrong.
      { on: simulated().with(Object.assign({}, ...half.map((device) => table(device, '0x7fff')))), about: ['node'] },
      { on: simulated().with(table('mlx5_6', '0x0000')), about: ['mlx5_6'], saying: /partition keys none/ },
    ],
    missing: [
      {
        on: tenant()
          .with(table('mlx5_4', '0x7fff', '0x0000'))
          .configured(requiring(['0x8012', '0x7FFF'])),
        about: ['mlx5_4'],
        severity: 'CRITICAL',
        saying: /mlx5_4 lacks the partition key 0x8012; it has 0x7fff/,
      },
      { on: tenant().configured(requiring(['0x8012'])), about: [] },
    ],
  },
  skipped: [simulated('hgx-h100-8-roce'), simulated().without('sys/class/infiniband/*/ports/1/pkeys/*')],
  unknown: [
    simulated().failing({ [portFile('mlx5_4', 'state')]: 'timeout: no answer in 2 s' }),
    simulated().failing(
      Object.fromEntries(
        [...half, 'mlx5_4', 'mlx5_5', 'mlx5_6', 'mlx5_7'].map((device) => [
          portFile(device, 'state'),
          'timeout: no answer in 2 s',
        ]),
      ),
    ),
    simulated().failing({ [portFile('mlx5_4', 'link_layer')]: 'timeout: no answer in 2 s' }),
    simulated().with(table('mlx5_4', 'ffff')),
    simulated().failing({ [portFile('mlx5_4', 'pkeys')]: 'denied: EACCES' }),
    simulated().without(portFile('mlx5_4', 'pkeys/*')),
  ],
} satisfies Outcomes;
