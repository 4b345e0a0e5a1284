import { defineCheck, type Judgement, type RaidArray } from '../../src/api.ts';
import { condition, drain, stay } from '../shared/rules.ts';
import { percent } from '../shared/sizes.ts';

type Code = 'stopped' | 'inactive' | 'degraded' | 'failed-device' | 'rebuilding';
const CODES: readonly Code[] = ['stopped', 'inactive', 'degraded', 'failed-device', 'rebuilding'];

export default defineCheck({
  apiVersion: 1,
  id: 'host/raid-degraded',
  title: 'A software RAID array is degraded',
  why: 'An array that lost a device still works, so nobody notices until the next one fails and takes the root filesystem or the scratch space with it.',
  source: 'md(4) and drivers/md/md.c (/proc/mdstat); soperator nvme_raid_health; node_exporter mdadm collector',
  remedy:
    'See which device failed and why: `cat /proc/mdstat; mdadm --detail /dev/ARRAY; dmesg -T | grep -E "md/|nvme"`. Replace the drive, then `mdadm /dev/ARRAY --remove failed --add /dev/DEVICE`. A striped array (raid0) is made anew.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['raidArrays'],
  rules: {
    stopped: condition('CRITICAL', 'RAID array is broken', drain('service')),
    inactive: condition('WARNING', 'RAID array is not running', stay('service')),
    degraded: condition('WARNING', 'RAID array is degraded', stay('service')),
    'failed-device': condition('WARNING', 'RAID array holds a failed device', stay('service')),
    rebuilding: condition('INFO', 'RAID array is being rebuilt', stay('watch')),
  },
  judge: ({ raidArrays }) => raidArrays.filter(({ isContainer }) => !isContainer).flatMap(judgeArray),
});

/** Routine scrubs read all data once a month or so; nothing is amiss. */
const REBUILDS = new Set(['recovery', 'resync', 'reshape']);

const judgeArray = (array: RaidArray): readonly Judgement<Code>[] => {
  const { ref, name, state, level, devices, working, members, syncing } = array;
  const failed = members.filter((member) => member.failed).map((member) => member.name);
  const progress =
    syncing.ok && REBUILDS.has(syncing.value.action)
      ? `${syncing.value.action}${syncing.value.progress.ok ? ` ${percent(syncing.value.progress.value)} done` : ' waiting'}`
      : undefined;
  const evidence = {
    ...(level.ok ? { level: level.value } : {}),
    members: members.map((member) => member.name).join(' ') || 'none',
    ...(failed.length === 0 ? {} : { failed: failed.join(' ') }),
    ...(progress === undefined ? {} : { progress }),
  };
  const find = (code: Code, message: string, observed: string, expected: string): readonly Judgement<Code>[] => [
    { finding: { component: ref, code, message, observed, expected, evidence } },
    ...CODES.filter((other) => other !== code).map((other) => ({ pass: ref, code: other })),
  ];

  if (state === 'inactive')
    return find('inactive', `${name} is not running; devices that belong to it: ${members.length}`, state, 'active');
  if (state !== 'active') return find('stopped', `${name} is ${state}`, state, 'active');
  const lost = failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`;
  if (devices.ok && working.ok && working.value < devices.value) {
    const rebuilt = progress === undefined ? '; nothing is being rebuilt' : `; ${progress}`;
    return find(
      'degraded',
      `${name} runs on ${working.value} of its ${devices.value} devices${lost}${rebuilt}`,
      `${working.value} of ${devices.value}`,
      `${devices.value} of ${devices.value}`,
    );
  }
  if (failed.length > 0)
    return find('failed-device', `${name} has all the devices that it needs${lost}`, failed.join(' '), 'none failed');
  if (progress !== undefined) return find('rebuilding', `${name} is at work on itself: ${progress}`, progress, 'idle');
  return CODES.map((code) => ({ pass: ref, code }));
};
