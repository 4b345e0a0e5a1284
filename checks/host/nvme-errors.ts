import {
  absent,
  defineCheck,
  type Expected,
  type Fact,
  type Judgement,
  type KernelEvent,
  type NvmeDrive,
  type Profile,
  type RaidArray,
  type Reading,
} from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { judgeDrift } from '../shared/drift.ts';
import { majorityOf } from '../shared/groups.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
import { blocksOf, describe, driveOf, mildWhereMirrored, whereabouts } from '../shared/nvme-drives.ts';
import { knownOf } from '../shared/readings.ts';
import { condition, drain, event, stay } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';

type Code =
  | 'dead'
  | 'not-live'
  | 'missing'
  | 'removed'
  | 'resets'
  | 'time-outs'
  | 'medium-errors'
  | 'io-errors'
  | 'width-reduced'
  | 'firmware-differs';
const TOLD_BY_KERNEL = [
  'removed',
  'resets',
  'time-outs',
  'medium-errors',
  'io-errors',
] as const satisfies readonly Code[];
type ToldByKernel = (typeof TOLD_BY_KERNEL)[number];

const A_DAY = { clearedAfterSeconds: 86_400 };
const TWO_WEEKS = { clearedAfterSeconds: 14 * 86_400 };

const rules = {
  dead: condition('CRITICAL', 'NVMe drive is dead', drain('service')),
  'not-live': condition('WARNING', 'NVMe drive is not ready', stay('watch')),
  missing: condition(
    'CRITICAL',
    'NVMe drives are missing',
    drain('service'),
    'where the machine profile or the option `drives` says how many there should be',
  ),
  removed: event('CRITICAL', 'NVMe drive was given up', drain('service'), { clearedBy: 'reboot' }),
  resets: event('WARNING', 'NVMe drive had to be reset', stay('service'), A_DAY),
  'time-outs': event('WARNING', 'NVMe drive is slow to answer', stay('watch'), A_DAY),
  'medium-errors': event('WARNING', 'NVMe drive cannot read some of its data', stay('service'), TWO_WEEKS),
  'io-errors': event('WARNING', 'I/O errors of an NVMe drive', stay('service'), A_DAY),
  'width-reduced': condition(
    'WARNING',
    'PCIe link of an NVMe drive lost lanes',
    stay('service'),
    'where other drives of the model are on PCIe, to compare with',
  ),
  'firmware-differs': condition(
    'INFO',
    'NVMe firmware differs among drives of a model',
    stay('none'),
    'where there are several drives of one model',
  ),
};

export default defineCheck({
  apiVersion: 1,
  id: 'host/nvme-errors',
  title: 'An NVMe drive is failing',
  why: 'A drive that times out stalls the data loaders of every GPU; one that is gone takes the scratch space of the job with it.',
  source:
    'Linux: drivers/nvme/host/pci.c and core.c, block/blk-core.c; Azure NHC check_nvme_count; gcm check-syslogs io-errors; gpud disk component, which looks back 14 days; soperator nvme_raid_health',
  remedy:
    'Ask the drive: `nvme list; nvme smart-log /dev/DRIVE; dmesg -T | grep -i nvme`. Gone or dead: power-cycle, reseat, replace. Resets with CSTS=0xffffffff: the drive left the bus; look at power saving (`nvme_core.default_ps_max_latency_us=0`), slot and firmware. Media errors: replace it.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['profile'],
  uses: ['nvmeDrives', 'kernelLog', 'raidArrays'],
  kernelEvents: ['nvme'],
  options: {
    drives: {
      default: 0,
      unit: 'drives',
      source: '0: what the machine profile says (Azure NHC expects 8 on ND A100 and H100)',
      help: 'How many NVMe drives on PCIe the node has at least.',
    },
  },
  rules,
  // A reset takes a second or two.
  raise: { hits: 2, of: 3, clear: 2 },
  judge: (
    { profile, nvmeDrives, kernelLog, raidArrays },
    { node, now, bootedAt, options },
  ): readonly Judgement<Code>[] => {
    const drives = nvmeDrives.ok ? nvmeDrives.value : [];
    const givenUp = new Set(
      kernelLog.ok ? kernelLog.value.events.filter(isRemoval).map(({ component }) => component.device ?? '') : [],
    );
    const tell = (one: KernelEvent) => toldOf(one, { drives, raids: raidArrays, givenUp });
    const events = judgeHostEvents({
      log: kernelLog,
      kinds: ['nvme'],
      codes: TOLD_BY_KERNEL,
      rules,
      tell,
      node,
      now,
      bootedAt,
    });
    const local = drives.filter(({ transport }) => !transport.ok || transport.value === 'pcie');
    const versions = local.map(({ ref, firmwareVersion }) => ({
      ref,
      group: `${ref.model}`,
      version: firmwareVersion,
    }));
    return [
      judgeCount(profile, options.drives),
      ...(nvmeDrives.ok
        ? drives.flatMap((drive) => judgeState(drive, raidArrays))
        : [{ unjudged: node, because: nvmeDrives }]),
      ...events,
      ...local.map((drive) => judgeWidth(drive, local)),
      ...(nvmeDrives.ok ? judgeDrift(versions, { code: 'firmware-differs', what: 'firmware', node }) : []),
    ];

    function judgeCount({ id, host }: Profile, configured: number): Judgement<Code> {
      const expected: Expected<number> =
        configured > 0
          ? { ok: true, value: configured, source: 'option drives', confidence: 'specified' }
          : host.nvmeDrives;
      if (!expected.ok) return { unjudged: node, code: 'missing', because: expected };
      // "There is no such directory" is an answer: the machine has no such drive at all.
      const isNone = !nvmeDrives.ok && nvmeDrives.reason === 'no-device';
      if (!nvmeDrives.ok && !isNone) return { unjudged: node, code: 'missing', because: nvmeDrives };
      if (local.length >= expected.value) return { pass: node, code: 'missing' };
      return {
        finding: {
          component: node,
          code: 'missing',
          message: `NVMe drives: ${local.length}; ${configured > 0 ? 'the configuration' : `profile ${id}`} expects ${expected.value}`,
          observed: `${local.length}`,
          expected: `${expected.value}`,
          evidence: {
            present: local.map(({ name }) => name).join(' ') || 'none',
            confidence: expected.confidence,
            expectation: expected.source,
          },
          ...(expected.confidence === 'assumed' ? { override: { severity: 'WARNING', action: stay('service') } } : {}),
        },
      };
    }
  },
});

/** The states in which the driver has given a controller up (drivers/nvme/host/core.c, nvme_sysfs_show_state). */
const GIVEN_UP = new Set(['dead', 'deleting', 'deleting (no IO)']);

const judgeState = (drive: NvmeDrive, raids: Fact<readonly RaidArray[]>): readonly Judgement<Code>[] => {
  const { ref, state, transport } = drive;
  const details = (value: string) => ({
    message: `${describe(drive)} is in state "${value}"`,
    observed: value,
    expected: 'live',
    evidence: { transport: transport.ok ? transport.value : 'not known' },
  });
  return [
    about(ref, 'dead', state, (value) =>
      GIVEN_UP.has(value) ? { ...details(value), ...mildWhereMirrored(blocksOf(drive), raids) } : undefined,
    ),
    about(ref, 'not-live', state, (value) => (value === 'live' || GIVEN_UP.has(value) ? undefined : details(value))),
  ];
};

const judgeWidth = (drive: NvmeDrive, all: readonly NvmeDrive[]): Judgement<Code> =>
  about(drive.ref, 'width-reduced', usualWidth(drive, all), ({ width, usual }) =>
    width < usual
      ? {
          message: `The PCIe link of ${describe(drive)} is x${width}; most drives of its model have x${usual}`,
          observed: `x${width}`,
          expected: `x${usual}`,
        }
      : undefined,
  );

const usualWidth = (drive: NvmeDrive, all: readonly NvmeDrive[]): Reading<{ width: number; usual: number }> => {
  const { width } = drive.pcie;
  if (!width.ok) return width;
  const usual = majorityOf(knownOf(siblingsOf(drive, all).map(({ pcie }) => pcie.width)));
  return usual === undefined
    ? absent('unsupported', 'no other drive of the model to compare with')
    : { ok: true, value: { width: width.value, usual } };
};

const isRemoval = ({ kind, fromKernel, fields }: KernelEvent): boolean =>
  kind === 'nvme' && fromKernel && fields.event === 'removed';

const toldOf = (
  { component, fields }: KernelEvent,
  o: {
    readonly drives: readonly NvmeDrive[];
    readonly raids: Fact<readonly RaidArray[]>;
    /** Controllers that their driver has given up, as the kernel log says. */
    readonly givenUp: ReadonlySet<string>;
  },
): Told<ToldByKernel> | undefined => {
  const device = component.device ?? 'an NVMe drive';
  const drive = driveOf(device, o.drives);
  const state = drive?.state.ok === true ? drive.state.value : undefined;
  // What led to its end is not said besides.
  if (state !== undefined && GIVEN_UP.has(state)) return undefined;
  const isOver = state !== 'live' && o.givenUp.has(device.replace(/n\d+$/, ''));
  if (isOver && fields.event !== 'removed') return undefined;

  const name = drive === undefined ? device : describe(drive);
  const say = (code: ToldByKernel, what: string): Told<ToldByKernel> => ({
    code,
    what: `${name} ${what}`,
    ...(drive === undefined ? {} : { evidence: whereabouts(drive) }),
  });
  switch (fields.event) {
    case 'removed': {
      // Its name is in use again: the drive came back, or another one took its place.
      if (state === 'live') return say('resets', 'was given up by its driver and is back');
      const told = say('removed', 'was given up by its driver because it no longer answers');
      const mild = mildWhereMirrored(drive === undefined ? [`${device}n1`] : blocksOf(drive), o.raids);
      return { ...told, ...mild };
    }
    case 'reset':
      return say('resets', 'stopped answering and was reset');
    case 'timeout':
      return say('time-outs', 'did not answer in time');
    case 'medium-error':
      return say('medium-errors', 'could not read some of its data');
    default:
      return say('io-errors', 'failed reads or writes');
  }
};
