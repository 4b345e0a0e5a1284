import {
  absent,
  defineCheck,
  type Expected,
  type Fact,
  type Gpu,
  type GpuNvLinks,
  known,
  type NvLink,
  type Reading,
  type Severity,
} from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { BOOT_GRACE_SECONDS } from '../shared/boot-grace.ts';
import { expectedOfGpu, hasFabric, severityOf } from '../shared/expectation.ts';
import { linksOfAll } from '../shared/nvlinks.ts';
import { condition, drain } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';

const upOf = (links: readonly NvLink[]): number => links.filter(({ up }) => up).length;

interface Wanted {
  readonly count: number;
  readonly because: string;
  readonly severity: Severity;
}

/**
 * How many links most GPUs of the model have up. Most, not some: NVLink bridges join PCIe cards in pairs, and half of
 * the cards of a machine may rightly have none.
 */
const bySiblings = (one: GpuNvLinks, all: readonly GpuNvLinks[], up: number): Wanted | undefined => {
  const siblings = siblingsOf(one, all).flatMap(({ links }) => (links.ok ? [upOf(links.value)] : []));
  const stronger = siblings.filter((count) => count > up);
  if (stronger.length * 2 <= siblings.length + 1) return undefined;
  const count = Math.min(...stronger);
  return {
    count,
    because: `siblings with ${count} or more: ${stronger.length} of ${siblings.length}`,
    severity: 'CRITICAL',
  };
};

const byProfile = (expected: Expected<number>): Wanted | undefined =>
  expected.ok ? { count: expected.value, because: expected.source, severity: severityOf(expected) } : undefined;

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/nvlink-down',
  title: 'NVLink is down',
  why: 'A GPU with a missing link drags every collective of the job down to its speed, or stops it.',
  source: 'nvidia-smi nvlink -s; NVIDIA HGX and DGX user guides (links per GPU); DCGM NVLink health watch',
  remedy:
    'Read `nvidia-smi nvlink -s -i INDEX` and Xid 74 or 144-150 in `dmesg`; look at `systemctl status nvidia-fabricmanager`; ' +
    'where no link is listed, at NvLinkDisable in `/proc/driver/nvidia/params`; ' +
    'reset all GPUs of the node or reboot it; reseat or replace the board where the link stays down.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nvlinks'],
  uses: ['gpus', 'profile'],
  rules: { 'links-down': condition('CRITICAL', 'NVLinks are down', drain('reset_gpu')) },
  // Links come up one after the other when a node boots or its fabric manager restarts.
  raise: { hits: 2, of: 3, clear: 2, bootGraceSeconds: BOOT_GRACE_SECONDS },
  judge: ({ nvlinks, gpus, profile }) =>
    linksOfAll(nvlinks, gpus).map((one) => {
      const expected = expectedOfGpu(profile, one.ref, 'nvlinks');
      const counted: Reading<{ up: number; all: number; wanted: Wanted | undefined }> = countUp();
      return about(
        one.ref,
        'links-down',
        counted,
        ({ up, all, wanted }, name) => {
          if (wanted === undefined || up >= wanted.count) return undefined;
          const down = one.links.ok ? one.links.value.filter((link) => !link.up).map(({ link }) => link) : [];
          return {
            message: `${name} has ${up} NVLinks up; ${wanted.count} are expected (${wanted.because})`,
            observed: `${up} up`,
            expected: `${wanted.count} up`,
            evidence: { links_up: up, links_listed: all, ...(down.length > 0 ? { links_down: down.join(' ') } : {}) },
            override: { severity: wanted.severity },
          };
        },
        { expected: (expected.ok || hasFabric(profile)) && !isPartitioned(one, gpus) },
      );

      function countUp() {
        if (!one.links.ok) return one.links;
        const links = one.links.value;
        const up = upOf(links);
        const wanted = [byProfile(expected), bySiblings(one, nvlinks, up)]
          .filter((candidate) => candidate !== undefined && candidate.count > up)
          .sort((a, b) => Number(b?.severity === 'CRITICAL') - Number(a?.severity === 'CRITICAL'))[0];
        const nothingSays = wanted === undefined && !expected.ok && !siblingsAgree(one, nvlinks, up);
        // A GeForce or a card without a bridge shows links that go nowhere, whatever its siblings have.
        if (nothingSays && (up === 0 || up < links.length)) {
          return absent('not-recorded', `${up} of ${links.length} NVLinks are up; nothing says how many should be`);
        }
        return known({ up, all: links.length, wanted });
      }
    }),
});

/** NVLink cannot be asked for in MIG mode. */
const isPartitioned = (one: GpuNvLinks, gpus: Fact<readonly Gpu[]>): boolean =>
  gpus.ok && gpus.value.some(({ ref, migEnabled }) => ref.key === one.ref.key && migEnabled.ok && migEnabled.value);

/** A sibling has as many links up and none has more: made so, as H100 NVL with 12 of 18. */
const siblingsAgree = (one: GpuNvLinks, all: readonly GpuNvLinks[], up: number): boolean => {
  const siblings = siblingsOf(one, all).flatMap(({ links }) => (links.ok ? [upOf(links.value)] : []));
  return up > 0 && siblings.includes(up) && siblings.every((count) => count <= up);
};
