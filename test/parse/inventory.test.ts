import { describe, expect, it } from 'vitest';
import { absent, known, type S } from '../../src/api.ts';
import { readInventory } from '../../src/parse/inventory.ts';

const none = absent('unsupported', 'ENOENT');
const printed = (stdout: string, product: S = known('HGX-1')) =>
  readInventory({ stdout, stderr: '', exitCode: 0 }, product);
const inventory = (more: object = {}): string =>
  JSON.stringify({ manufacturer: 'ACME', model: 'Rack 7', serial: 'S1', memoryBytes: 2 ** 40, ...more });

describe('the inventory of the child', () => {
  it('gives what it was told; what it was not told is unsupported', () => {
    expect(printed(inventory())).toMatchObject({
      ok: true,
      value: {
        manufacturer: known('ACME'),
        model: known('HGX-1'),
        serial: known('S1'),
        cpu: { ok: false, reason: 'unsupported' },
        memoryBytes: known(2 ** 40),
      },
    });
  });

  it.each([
    ['Rack 7', true],
    ['Computer Node 7', true],
    ['Docker Container Host', true],
    ['Computer', false],
    ['Docker Container', false],
    [7, false],
  ])('takes the model %j where the kernel names none: %s', (model, isTaken) => {
    const read = printed(inventory({ model }), none);
    expect(read.ok && read.value.model).toMatchObject(isTaken ? known(model) : { ok: false, reason: 'unsupported' });
  });

  it.each([0, -1, '5', null, undefined])('%j is no amount of memory', (memoryBytes) => {
    expect(printed(inventory({ memoryBytes }))).toMatchObject({
      value: { memoryBytes: { ok: false, reason: 'failed' } },
    });
  });

  it.each(['', '5', '"words"', 'null', 'true', '[]', '{', 'Segmentation fault'])('%j is none', (stdout) => {
    expect(printed(stdout)).toMatchObject({ ok: false, reason: 'failed' });
  });
});
