import { describe, expect, it } from 'vitest';
import driverMismatch from '../../../checks/firmware/driver-mismatch.ts';
import { absent, type Driver, type DriverModule, known } from '../../../src/api.ts';
import { judgeWith, nodeRef } from '../../support/healthy-gpu.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

const driver: Driver = {
  ref: nodeRef,
  version: known('580.105.08'),
  cudaVersion: known('13.0'),
  libraryMismatch: known(false),
  libraryVersion: absent('unsupported', 'only printed with a refusal'),
  attachedGpus: known(8),
};
const refused: Driver = {
  ...driver,
  version: absent('failed', 'Failed to initialize NVML'),
  libraryMismatch: known(true),
  libraryVersion: known('590.48'),
};
const module = (version: DriverModule['version']): DriverModule => ({ ref: nodeRef, version });

describe('firmware/driver-mismatch', () => {
  it('passes when library, driver and module agree', () => {
    const judgements = judgeWith(driverMismatch, { driver, driverModule: module(known('580.105.08')) });
    expect(passesIn(judgements)).toEqual(['node library-mismatch', 'node version-mismatch']);
  });

  it('says once, with both versions, that NVML refuses', () => {
    const judgements = judgeWith(driverMismatch, { driver: refused, driverModule: module(known('580.105.08')) });
    expect(findingsIn(judgements)).toEqual(['node library-mismatch']);
    expect(unjudgedIn(judgements)).toEqual([]);
    expect(findingOf(judgements)?.message).toMatch(/590\.48.*580\.105\.08/);
    expect(driverMismatch.rules['library-mismatch']).toMatchObject({ severity: 'CRITICAL', action: { drain: true } });
  });

  it('finds a driver that answers with another version than the module', () => {
    const judgements = judgeWith(driverMismatch, { driver, driverModule: module(known('570.1')) });
    expect(findingsIn(judgements)).toEqual(['node version-mismatch']);
  });

  it.each([
    { name: 'module', facts: { driver, driverModule: absent('denied', 'EACCES') }, held: 'version-mismatch' },
    {
      name: 'driver version',
      facts: { driver: { ...driver, version: absent('lost', '') }, driverModule: module(known('1')) },
      held: 'version-mismatch',
    },
    {
      name: 'refusal',
      facts: { driver: { ...driver, libraryMismatch: absent('timeout', '') } },
      held: 'library-mismatch',
    },
  ])('does not pass without the $name', ({ facts, held }) => {
    expect(passesIn(judgeWith(driverMismatch, facts))).not.toContain(`node ${held}`);
  });
});
