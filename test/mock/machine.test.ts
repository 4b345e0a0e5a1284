import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadMachine } from '../../src/mock/load-machine.ts';
import { builtInMachine, MACHINE_NAMES } from '../../src/mock/machines.ts';
import { errorOf, machineNamed, value } from './support.ts';

describe('built-in machines', () => {
  test.each(MACHINE_NAMES)('%s is valid, carries its name and says where its numbers come from', (name) => {
    const machine = machineNamed(name);
    expect(machine.name).toBe(name);
    expect(machine.source).not.toBe('');
    expect(machine.invented).not.toBe('');
  });

  test.each([
    ['hgx-a100-8', 8, 8, 200],
    ['hgx-h100-8', 8, 8, 400],
    ['hgx-h100-8-roce', 8, 8, 400],
    ['hgx-h200-8', 8, 8, 400],
    ['dgx-h100', 8, 8, 400],
    ['hgx-b200-8', 8, 8, 400],
    ['dgx-b200', 8, 8, 400],
    ['hgx-b300-8', 8, 8, 800],
    ['gb200-nvl72', 4, 4, 400],
    ['gb300-nvl72', 4, 4, 800],
    ['gh200', 1, 1, 400],
    ['l40s-8', 8, 0, 200],
  ])('%s has %i GPUs and %i compute ports at %i Gb/s', (name, gpus, ports, rate) => {
    const machine = machineNamed(name);
    const compute = machine.nics.filter((nic) => nic.role === 'compute');
    expect(machine.gpus).toHaveLength(gpus);
    expect(compute.map((nic) => nic.rateGbps)).toEqual(Array(ports).fill(rate));
  });

  test.each(['gb200-nvl72', 'gb300-nvl72'])('on %s two GPUs share a board serial', (name) => {
    const serials = machineNamed(name).gpus.map((gpu) => gpu.serial);
    expect(serials[0]).toBe(serials[1]);
    expect(serials[2]).toBe(serials[3]);
    expect(serials[0]).not.toBe(serials[2]);
  });

  test('an unknown name is answered with the nearest and the list', () => {
    expect(errorOf(builtInMachine('hgx-h10-8'))).toBe(
      `unknown machine "hgx-h10-8"; did you mean "hgx-h100-8"? known: ${MACHINE_NAMES.join(', ')}`,
    );
    expect(errorOf(builtInMachine('toString'))).toContain('unknown machine "toString"');
  });
});

describe('a machine of one’s own', () => {
  test('extends a built-in one and changes what it says', () => {
    const machine = value(
      loadMachine(
        'extends: gb300-nvl72\nname: ours\ndriver: 595.71.05\ngpu:\n  power:\n    defaultWatts: 1300\n',
        'm.yaml',
      ),
    );
    expect(machine.name).toBe('ours');
    expect(machine.driver).toBe('595.71.05');
    expect(machine.gpu.power).toEqual({ ...machineNamed('gb300-nvl72').gpu.power, defaultWatts: 1300 });
    expect(machine.gpus).toEqual(machineNamed('gb300-nvl72').gpus);
  });

  test('another style of temperature limits replaces the inherited one', () => {
    const text =
      'extends: hgx-h100-8\ngpu: {temperature: {style: absolute, shutdownCelsius: 92, slowdownCelsius: 89, maxOperatingCelsius: 85, memoryMaxCelsius: 95}}\n';
    expect(value(loadMachine(text, 'm.yaml')).gpu.temperature.style).toBe('absolute');
  });

  test.each([
    ['broken YAML', 'extends: [', /^m\.yaml:1:\d+: /],
    ['a list', '- a', /^m\.yaml:1:1: a machine is a mapping/],
    ['nothing', '', /^m\.yaml:1:1: a machine is a mapping/],
    ['an unknown base', 'extends: hgx-h10-8', /^m\.yaml:1:10 extends: unknown machine "hgx-h10-8"; did you mean/],
    ['a wrong type', 'extends: hgx-h100-8\ngpu:\n  remapBanks: many', /^m\.yaml:3:15 gpu\.remapBanks: .*number/],
    ['an unknown key', 'extends: hgx-h100-8\nfoo: 1', /^m\.yaml:2:6 foo: /],
    ['a missing part', 'driver: 580.105.08', /^m\.yaml:\d+:\d+ \w+: /],
    [
      'a driver that is no version',
      'extends: hgx-h100-8\ndriver: new',
      /^m\.yaml:2:9 driver: must be a driver version/,
    ],
    ['a NUMA node that is not there', 'extends: hgx-h100-8\nhost: {cpuAffinity: [0-55]}', /NUMA node 1, but/],
  ])('%s is one line with its place', (_, text, expected) => {
    const error = errorOf(loadMachine(text, 'm.yaml'));
    expect(error).toMatch(expected);
    expect(error).not.toContain('\n');
  });

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((s) => `extends: hgx-h100-8\n${s}`),
        ),
        (text) => {
          expect(typeof loadMachine(text, 'm.yaml').ok).toBe('boolean');
        },
      ),
    );
  });
});
