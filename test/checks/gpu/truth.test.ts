import { describe, expect, it } from 'vitest';
import driverUnresponsive from '../../../checks/gpu/driver-unresponsive.ts';
import eccErrors from '../../../checks/gpu/ecc-errors.ts';
import fabricUnhealthy from '../../../checks/gpu/fabric-unhealthy.ts';
import inforomCorruption from '../../../checks/gpu/inforom-corruption.ts';
import leftoverProcesses from '../../../checks/gpu/leftover-processes.ts';
import lostGpus from '../../../checks/gpu/lost-gpus.ts';
import missingGpus from '../../../checks/gpu/missing-gpus.ts';
import nvlinkDown from '../../../checks/gpu/nvlink-down.ts';
import nvlinkErrors from '../../../checks/gpu/nvlink-errors.ts';
import pcieDegraded from '../../../checks/gpu/pcie-degraded.ts';
import pcieReplays from '../../../checks/gpu/pcie-replays.ts';
import persistenceModeOff from '../../../checks/gpu/persistence-mode-off.ts';
import recoveryActionPending from '../../../checks/gpu/recovery-action-pending.ts';
import rowRemaps from '../../../checks/gpu/row-remaps.ts';
import sxidErrors from '../../../checks/gpu/sxid-errors.ts';
import xidErrors from '../../../checks/gpu/xid-errors.ts';
import { type AnyCheck, absent, known } from '../../../src/api.ts';
import { healthyFacts, nvl72Facts } from '../../support/healthy-facts.ts';
import { type GivenFacts, judgeWith } from '../../support/judge.ts';
import { type TruthOptions, truthOf } from '../../support/truth.ts';

const checks: readonly AnyCheck[] = [
  driverUnresponsive,
  missingGpus,
  lostGpus,
  xidErrors,
  sxidErrors,
  eccErrors,
  rowRemaps,
  inforomCorruption,
  recoveryActionPending,
  nvlinkDown,
  nvlinkErrors,
  fabricUnhealthy,
  pcieDegraded,
  pcieReplays,
  leftoverProcesses,
  persistenceModeOff,
];

// Small, since every leaf is replaced by every absence.
const SIZE = { gpus: 2, links: 2 };
const machines: readonly (readonly [string, GivenFacts])[] = [
  ['HGX H100', healthyFacts({}, SIZE)],
  ['GB200 NVL72', nvl72Facts({}, SIZE)],
];

const bad: TruthOptions['bad'] = {
  '.processes': [[{ pid: 7, name: 'python', type: 'C', memoryBytes: known(1) }]],
};

describe.each(machines)('on a healthy %s node', (_, facts) => {
  it.each(checks.map((check) => [check.id, check] as const))('%s finds nothing and passes something', (_, check) => {
    const judgements = judgeWith(check, facts);
    expect(judgements.filter((one) => 'finding' in one)).toEqual([]);
    expect(judgements.some((one) => 'pass' in one)).toBe(true);
  });

  it.each(checks.map((check) => [check.id, check] as const))('%s never passes what it could not see', (_, check) => {
    const { violations, dependences } = truthOf(check, facts, { bad, except: ['profile'] });
    expect(violations).toEqual([]);
    if (!check.requires.includes('kernelLog')) expect(dependences).not.toEqual([]);
  });
});

describe.each(checks.map((check) => [check.id, check] as const))('%s', (_, check) => {
  it('judges nothing of facts that are all absent, but says why', () => {
    const gone = Object.fromEntries(
      Object.keys(healthyFacts()).map((name) => [name, absent('failed', 'gone')]),
    ) as GivenFacts;
    expect(judgeWith(check, gone).filter((one) => !('unjudged' in one))).toEqual([]);
  });

  it('has a record that can be read: an id that is its path, reasons, commands', () => {
    expect(check.id).toMatch(/^gpu\/[a-z-]+$/);
    expect(check.why).toMatch(/\.$/);
    expect(check.remedy).toMatch(/`/);
    expect(check.source.length).toBeGreaterThan(10);
  });
});
