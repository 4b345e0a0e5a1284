import { commandKey } from '../../../src/host/tree.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const KEY = `commands/${commandKey('systemctl', [
  'show',
  '--no-pager',
  '--property=Id,Names,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts',
  '*.service',
  'nvidia-fabricmanager.service',
  'nvidia-persistenced.service',
  'nvidia-imex.service',
  'nvidia-dcgm.service',
])}`;

type Properties = Readonly<Record<string, string>>;

/** The block of a unit with other properties. */
const unit =
  (name: string, properties: Properties) =>
  (text: string): string =>
    text
      .split('\n\n')
      .map((block) =>
        block.includes(`Id=${name}.service\n`)
          ? Object.entries(properties).reduce(
              (changed, [key, value]) => changed.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}=${value}`),
              block,
            )
          : block,
      )
      .join('\n\n');

const FAILED = { ActiveState: 'failed', SubState: 'failed', Result: 'exit-code' };
const STOPPED = { ActiveState: 'inactive', SubState: 'dead' };
const STARTING = { ActiveState: 'activating', SubState: 'start' };
const MASKED = { ...STOPPED, LoadState: 'masked', UnitFileState: 'masked' };

const wanting = (machine: RawMachine, ...units: readonly string[]): RawMachine =>
  machine.configured({ checks: { 'host/services-down': { mode: 'enforce', options: { units } } } });
const slurm = (properties: Properties, machine = simulated()): RawMachine =>
  wanting(machine.with({ [`${KEY}.out`]: unit('slurmd', properties) }), 'slurmd');
const restarted = (times: number) =>
  simulated().with({ [`${KEY}.out`]: unit('nvidia-persistenced', { NRestarts: String(times) }) }, { from: 1 });
/** In place of an answer; what systemctl writes to stderr is in test/parse/systemctl-show.test.ts. */
const nothingBut = (complaint: string): RawMachine => simulated().with({ [`${KEY}.out`]: () => complaint });

/** Five minutes after boot, less or more. */
const bootedSecondsAgo = (seconds: number, machine: RawMachine): RawMachine =>
  machine.with({
    'proc/stat': `cpu  0 0 0 0 0 0 0 0 0 0\nbtime ${Math.floor((machine.moments.at(-1)?.at ?? 0) / 1000) - seconds}\n`,
  });

/** A machine of which nobody says what must run. */
const EXPECTING_NONE = {
  machine: 'plain',
  siteProfiles: [{ id: 'plain', products: ['NVIDIA H100 80GB HBM3'] }],
};

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    wanting(simulated(), 'slurmd', 'dbus.service'),
    // Three restarts in a quarter of an hour; hundreds in the years before.
    restarted(3),
    simulated().with({ [`${KEY}.out`]: unit('nvidia-persistenced', { NRestarts: '412' }) }),
    // Nobody named it, and it is none of NVIDIA.
    simulated().with({ [`${KEY}.out`]: unit('slurmd', FAILED) }),
    // Installed and not enabled: nobody starts it.
    simulated()
      .with({ [`${KEY}.out`]: unit('nvidia-persistenced', { ...FAILED, UnitFileState: 'disabled' }) })
      .configured(EXPECTING_NONE),
    // A tray of an NVL72 has the package and no NVSwitch.
    simulated('gb200-nvl72').with({
      [`${KEY}.out`]: unit('nvidia-fabricmanager', { ...FAILED, LoadState: 'loaded', UnitFileState: 'enabled' }),
    }),
    // Right after boot: what runs, runs.
    bootedSecondsAgo(200, slurm({})),
    // Reading its configuration again, it runs.
    slurm({ ActiveState: 'reloading', SubState: 'reload' }),
    slurm({ ActiveState: 'refreshing', SubState: 'refresh' }),
    // A machine without NVSwitches: the fabric manager has nothing to do, and fails.
    simulated('hgx-h100-8+fabric-manager-failed').configured({
      machine: 'pcie',
      siteProfiles: [
        {
          id: 'pcie',
          products: ['NVIDIA H100 80GB HBM3'],
          fabric: { value: 'none', source: 'test', confidence: 'specified' },
        },
      ],
    }),
  ],
  findings: {
    failed: [
      // Told by name, and without the others of its machine.
      {
        on: simulated('hgx-h100-8+persistenced-failed').with({
          [`${KEY}.out`]: unit('nvidia-fabricmanager', { UnitFileState: 'disabled', ...STOPPED }),
        }),
        about: ['node'],
        saying: 'A service has failed: nvidia-persistenced.service (exit-code)',
      },
      // Whatever the profile says: it is enabled, and it failed.
      {
        on: simulated('hgx-h100-8+fabric-manager-failed'),
        about: ['node'],
        severity: 'CRITICAL',
        saying: 'A service has failed: nvidia-fabricmanager.service (exit-code)',
      },
      {
        on: simulated('hgx-h100-8+persistenced-failed'),
        about: ['node'],
        severity: 'WARNING',
        saying: 'A service has failed: nvidia-persistenced.service (exit-code)',
      },
      {
        on: simulated('hgx-h100-8+persistenced-failed+fabric-manager-failed'),
        about: ['node'],
        severity: 'CRITICAL',
        saying: /^2 services have failed: nvidia-fabricmanager\.service \(exit-code\), nvidia-persistenced\.service/,
      },
      // Whether the machine has NVSwitches is not known.
      {
        on: simulated('hgx-h100-8+fabric-manager-failed').configured({
          machine: 'ours',
          siteProfiles: [{ id: 'ours', products: ['NVIDIA H100 80GB HBM3'] }],
        }),
        about: ['node'],
        severity: 'WARNING',
      },
      {
        on: slurm(FAILED),
        about: ['node'],
        severity: 'WARNING',
        saying: 'A service has failed: slurmd.service (exit-code)',
      },
      // systemd does not say how it ended.
      {
        on: slurm(FAILED).with({ [`${KEY}.out`]: (text) => text.replace(/^Result=.*\n/gm, '') }),
        about: ['node'],
        saying: 'slurmd.service (failed)',
      },
      // Nobody names them, and they are enabled.
      ...['fabricmanager', 'persistenced', 'imex', 'dcgm'].map((name) => ({
        on: simulated()
          .with({
            [`${KEY}.out`]: unit(`nvidia-${name}`, { ...FAILED, LoadState: 'loaded', UnitFileState: 'enabled' }),
          })
          .configured(EXPECTING_NONE),
        about: ['node'],
        severity: 'WARNING' as const,
        saying: `A service has failed: nvidia-${name}.service (exit-code)`,
      })),
      // Between two attempts.
      {
        on: slurm({ ActiveState: 'activating', SubState: 'auto-restart', Result: 'signal' }),
        about: ['node'],
        saying: 'slurmd.service (signal)',
      },
      // By another of its names.
      {
        on: wanting(
          simulated().with({ [`${KEY}.out`]: unit('slurmd', { ...FAILED, Names: 'slurmd.service worker.service' }) }),
          'worker',
        ),
        about: ['node'],
      },
    ],
    inactive: [
      {
        on: slurm(STOPPED),
        about: ['node'],
        severity: 'WARNING',
        saying: 'A service does not run: slurmd.service (inactive, dead)',
      },
      { on: slurm(STARTING), about: ['node'], saying: 'slurmd.service (activating, start)' },
      { on: bootedSecondsAgo(301, slurm(STARTING)), about: ['node'] },
      // Since when it runs is not known.
      { on: slurm(STARTING).with({ 'proc/stat': 'cpu  0 0 0 0 0 0 0 0 0 0\n' }), about: ['node'] },
      // As the machine profile says.
      {
        on: simulated()
          .with({ [`${KEY}.out`]: unit('slurmd', STOPPED) })
          .configured({
            siteProfiles: [
              {
                id: 'ours',
                extends: 'hgx-h100-8',
                services: { value: ['slurmd.service', 'dbus'], source: 'test', confidence: 'assumed' },
              },
            ],
            machine: 'ours',
          }),
        about: ['node'],
        severity: 'WARNING',
      },
      // One that is masked cannot run: told once.
      { on: slurm(MASKED), about: [] },
      // One that failed is told as such, and no second time.
      { on: slurm(FAILED), about: [] },
    ],
    'not-loaded': [
      {
        on: wanting(simulated(), 'lustre-client'),
        about: ['node'],
        severity: 'WARNING',
        saying: 'A service is not there: lustre-client.service (not installed, or disabled and stopped)',
      },
      { on: wanting(simulated(), 'nvidia-dcgm'), about: ['node'], saying: 'nvidia-dcgm.service (not-found)' },
      {
        on: wanting(slurm(MASKED), 'slurmd', 'nvidia-imex.service'),
        about: ['node'],
        saying: /^2 services are not there: slurmd\.service \(masked\), nvidia-imex\.service \(not-found\)$/,
      },
    ],
    flapping: [
      {
        on: restarted(4),
        about: ['node'],
        severity: 'WARNING',
        saying: 'A service was restarted: nvidia-persistenced.service (4 times within 5 s)',
      },
      {
        on: restarted(2).configured({
          checks: { 'host/services-down': { mode: 'enforce', options: { restarts: 2 } } },
        }),
        about: ['node'],
        saying: '(2 times within 5 s)',
      },
    ],
  },
  skipped: [
    // Containers, chroots and hosts without systemd.
    nothingBut(
      "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n",
    ),
    simulated().failing({ [KEY]: 'no-tool: systemctl is not on PATH' }),
    // Nothing of NVIDIA is enabled, and nothing is named.
    simulated()
      .with({ [`${KEY}.out`]: (text) => text.replaceAll('UnitFileState=enabled', 'UnitFileState=disabled') })
      .configured(EXPECTING_NONE),
  ],
  unknown: [
    nothingBut('Failed to connect to bus: Permission denied\n'),
    nothingBut('Failed to get properties: Connection timed out\n'),
    simulated().failing({ [KEY]: 'timeout: systemctl show: no answer in 5 s' }),
    // Still starting after boot.
    bootedSecondsAgo(200, slurm(STARTING)),
    bootedSecondsAgo(299, slurm(STOPPED)),
    // systemd says nothing of its restarts.
    simulated().with({ [`${KEY}.out`]: unit('nvidia-persistenced', { NRestarts: 'many' }) }),
  ],
} satisfies Outcomes;
