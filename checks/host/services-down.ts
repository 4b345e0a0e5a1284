import {
  absent,
  defineCheck,
  type Fact,
  type Finding,
  type Judgement,
  known,
  type Profile,
  type Reading,
  type Service,
} from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { fabricOf } from '../shared/expectation.ts';
import { growth, span } from '../shared/growth.ts';
import { condition, drain, stay } from '../shared/rules.ts';

/**
 * Where one of these is enabled and failed, something that this machine starts for its GPUs does not run, whatever a profile
 * says. Not the fabric manager of a machine without NVSwitches: it fails there because it has nothing to do.
 */
const NVIDIA: readonly string[] = [
  'nvidia-fabricmanager.service',
  'nvidia-persistenced.service',
  'nvidia-imex.service',
  'nvidia-dcgm.service',
];
const FABRIC_MANAGER = 'nvidia-fabricmanager.service';

/** `slurmd` for people, `slurmd.service` for systemd. */
const unitName = (name: string): string => (name.includes('.') ? name : `${name}.service`);

const NAMED = 'where the machine profile or the option names units';

export default defineCheck({
  apiVersion: 1,
  id: 'host/services-down',
  title: 'Service is down',
  why: 'Without the fabric manager no CUDA program starts on an HGX machine (error 802) and running ones are aborted; without IMEX no job crosses the trays of an NVL72; without persistenced each start of a job waits for the driver.',
  source:
    'NVIDIA Fabric Manager user guide (ABORT_CUDA_JOBS_ON_FM_EXIT); NVIDIA IMEX guide; docs.nvidia.com/deploy/driver-persistence; systemctl(1), org.freedesktop.systemd1(5); NVIDIA/NVSentinel system-services-monitor: unit states, flapping, boot grace',
  remedy:
    'Read `systemctl status UNIT` and `journalctl -u UNIT -b`; a fabric manager of another version than the driver refuses to start (`dpkg -l | grep -E "fabricmanager|nvidia-driver"`). ' +
    'Then `systemctl reset-failed UNIT; systemctl restart UNIT`; the fabric manager only when no job runs. A unit that this machine does not need: `systemctl disable UNIT`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['services'],
  uses: ['profile'],
  options: {
    units: {
      default: [],
      source: 'the site: which services its jobs need is known to nobody else',
      help: 'Services that must run, besides those of the machine profile: slurmd, munge. Only such that keep running.',
    },
    restarts: {
      default: 4,
      unit: 'restarts in 15 minutes',
      source:
        'NVIDIA/NVSentinel system-services-monitor: 3 restarts in 600 s are flapping; the same rate in the 15 minutes that are kept here, rounded down',
      help: 'So many restarts by systemd are flapping.',
    },
  },
  rules: {
    failed: condition('CRITICAL', 'Service has failed: read its journal and restart it', drain('reboot')),
    inactive: condition('WARNING', 'Service does not run: start it', stay('watch'), NAMED),
    'not-loaded': condition('WARNING', 'Service is not installed, or is masked: enable it', stay('watch'), NAMED),
    flapping: condition(
      'WARNING',
      'Service restarts again and again: read its journal',
      stay('watch'),
      'where there is a past: in the agent, or at a second look',
    ),
  },
  // Restarted by a package manager, a service is down for a moment.
  raise: { hits: 2, of: 2, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ services, profile }, { node, now, bootedAt, options }) => {
    const named = namedUnits(profile, options.units);
    const watched = [...new Set([...named, ...NVIDIA.filter((name) => isStarted(services.units[name]))])];
    if (watched.length === 0) {
      const because = absent('unsupported', 'no service is named, and none of NVIDIA is enabled here');
      return [{ unjudged: node, because }];
    }
    const unitOf = (name: string): readonly (readonly [string, Service])[] => {
      const unit = services.units[name];
      return unit === undefined ? [] : [[name, unit]];
    };
    const justBooted = bootedAt > 0 && now - bootedAt < BOOT_GRACE_SECONDS * 1000;
    const present = watched.flatMap(unitOf);
    const installed = named.flatMap(unitOf).filter(([, { loadState }]) => loadState === 'loaded');
    return [failed(), ...(named.length === 0 ? [] : [inactive(), notLoaded()]), flapping()];

    function failed(): Judgement<'failed'> {
      const down = present.filter(
        ([name, unit]) => hasFailed(unit) && !(name === FABRIC_MANAGER && hasNothingToManage(profile)),
      );
      return about(node, 'failed', known(down), () => {
        const finding = listed(down, ([name, { result }]) => `${name} (${result.ok ? result.value : 'failed'})`, {
          one: 'has failed',
          more: 'have failed',
          expected: 'active',
        });
        // Its exit aborts what runs, and nothing new starts.
        const isFatal = fabricOf(profile) === 'hgx' && down.some(([name]) => name === FABRIC_MANAGER);
        return finding && !isFatal ? { ...finding, override: NOT_CRIPPLING } : finding;
      });
    }

    function inactive(): Judgement<'inactive'> {
      const idle = installed.filter(([, unit]) => !RUNNING.includes(unit.activeState) && !hasFailed(unit));
      const settled: Reading<typeof idle> =
        justBooted && idle.length > 0
          ? absent('failed', `${idle.map(([name]) => name).join(', ')}: still starting after boot`)
          : known(idle);
      return about(node, 'inactive', settled, (idle) =>
        listed(idle, ([name, unit]) => `${name} (${unit.activeState}, ${unit.subState})`, {
          one: 'does not run',
          more: 'do not run',
          expected: 'active',
        }),
      );
    }

    function notLoaded(): Judgement<'not-loaded'> {
      const gone = named
        .map((name) => [name, services.units[name]?.loadState ?? 'not installed, or disabled and stopped'] as const)
        .filter(([, state]) => state !== 'loaded');
      return about(node, 'not-loaded', known(gone), () =>
        listed(gone, ([name, state]) => `${name} (${state})`, {
          one: 'is not there',
          more: 'are not there',
          expected: 'loaded',
        }),
      );
    }

    function flapping(): Judgement<'flapping'> {
      return about(node, 'flapping', restartsOf(present, options.restarts), (often) =>
        listed(often, ([name, by, over]) => `${name} (${by} times within ${over})`, {
          one: 'was restarted',
          more: 'were restarted',
          expected: `fewer than ${options.restarts} restarts in 15 min`,
        }),
      );
    }
  },
});

/** Jobs start and run without it. */
const NOT_CRIPPLING = { severity: 'WARNING', action: stay('watch') } as const;

/** `refreshing` since systemd 257. */
const RUNNING: readonly string[] = ['active', 'reloading', 'refreshing'];

/** No NVSwitch is in the node: there is none, or they are in trays of their own, which manage the fabric. */
const hasNothingToManage = (profile: Fact<Profile>): boolean => ['none', 'nvl72'].includes(fabricOf(profile) ?? '');

/** It ended by itself; systemd has given it up, or is about to start it once more. */
const hasFailed = ({ activeState, subState }: Service): boolean =>
  activeState === 'failed' || subState.startsWith('auto-restart');

/** Something starts it at boot. */
const isStarted = (unit: Service | undefined): boolean =>
  unit?.loadState === 'loaded' && unit.unitFileState.ok && unit.unitFileState.value === 'enabled';

/** What the profile and the configuration want, each unit once. */
const namedUnits = (profile: Fact<Profile>, configured: readonly string[]): readonly string[] => {
  const ofProfile = profile.ok && profile.value.services.ok ? profile.value.services.value : [];
  return [...new Set([...ofProfile, ...configured].map(unitName))];
};

/** The units that restarted too often; a unit without history leaves it open, unless another did. */
const restartsOf = (
  units: readonly (readonly [string, Service])[],
  limit: number,
): Reading<readonly (readonly [name: string, by: number, over: string])[]> => {
  const grown = units.map(([name, { restarts }]) => [name, growth(restarts, ['15m'])] as const);
  const often = grown.flatMap(([name, one]) =>
    one.ok && one.value.by >= limit ? [[name, one.value.by, span(one.value)] as const] : [],
  );
  const gap = grown.map(([, one]) => one).find((one) => !one.ok);
  return often.length === 0 && gap !== undefined && !gap.ok ? gap : known(often);
};

/** One finding for all units under a code. */
const listed = <T extends readonly [string, ...unknown[]]>(
  units: readonly T[],
  describe: (unit: T) => string,
  words: { readonly one: string; readonly more: string; readonly expected: string },
): Omit<Finding, 'component' | 'code'> | undefined => {
  if (units.length === 0) return undefined;
  const described = units.map(describe).join(', ');
  return {
    message: `${units.length === 1 ? 'A service' : `${units.length} services`} ${units.length === 1 ? words.one : words.more}: ${described}`,
    observed: described,
    expected: words.expected,
    evidence: { units: units.map(([name]) => name).join(' ') },
  };
};
