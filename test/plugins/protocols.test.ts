import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Judgement, Reading } from '../../src/api.ts';
import type { ExecutablePlugin } from '../../src/config/config.ts';
import { readJson } from '../../src/plugins/json.ts';
import { readNagios } from '../../src/plugins/nagios.ts';
import { readNpd } from '../../src/plugins/npd.ts';

const plugin: ExecutablePlugin = {
  id: 'site/x',
  command: '/bin/true',
  args: [],
  everySeconds: 60,
  timeoutSeconds: 5,
  protocol: 'json',
  severity: 'WARNING',
  action: { drain: false, then: 'watch' },
  codes: ['problem'],
};

const ran = (exitCode: number, stdout: string, stderr = '') => ({ exitCode, stdout, stderr });

const only = (reading: Reading<readonly Judgement[]>) => {
  if (!reading.ok) throw new Error(reading.detail);
  const found = reading.value.flatMap((one) => ('finding' in one ? [one.finding] : []));
  if (found[0] === undefined) throw new Error('no finding');
  return found[0];
};

describe('the first line', () => {
  it('is the message, up to 1 KiB', () => {
    expect(only(readNagios(ran(2, `${'x'.repeat(1024)}\n`))).message).toBe('x'.repeat(1024));
    expect(only(readNagios(ran(2, 'x'.repeat(1025)))).message).toBe(`${'x'.repeat(1023)}…`);
    expect(only(readNpd(ran(1, '\n \n  third line \nfourth'))).message).toBe('third line');
  });
});

describe('performance data of the nagios protocol', () => {
  it.each([
    ['DISK | /=2643MB;5948;5958;0;5968', { '/': '2643MB' }],
    ["x | 'free space'=12GB a=1 b=2%;;;0;100", { 'free space': '12GB', a: '1', b: '2%' }],
    ['x | nonsense', {}],
    ['x', {}],
  ])('%s', (line, values) => expect(only(readNagios(ran(1, line))).evidence).toEqual({ exit_code: 1, ...values }));

  it('is bounded', () => {
    const many = Array.from({ length: 40 }, (_, i) => `v${i}=1`).join(' ');
    expect(Object.keys(only(readNagios(ran(1, `x | ${many}`))).evidence ?? {})).toHaveLength(32);
  });
});

describe('what the json protocol says of components', () => {
  const component = (given: object) =>
    only(readJson(ran(0, JSON.stringify({ message: 'm', component: given })), plugin)).component;
  it.each([
    [{ kind: 'node' }, { kind: 'node', key: 'node' }],
    [
      { kind: 'gpu', index: 3 },
      { kind: 'gpu', key: 'gpu:#3', index: 3 },
    ],
    [
      { kind: 'gpu', uuid: 'GPU-1' },
      { kind: 'gpu', key: 'gpu:GPU-1', uuid: 'GPU-1' },
    ],
    [
      { kind: 'gpu', pci_bus_id: '00000000:1B:00.0' },
      { kind: 'gpu', key: 'gpu:00000000:1B:00.0', pciBusId: '00000000:1B:00.0' },
    ],
    [
      { kind: 'nic', device: 'mlx5_0', port: 1 },
      { kind: 'nic', key: 'nic:mlx5_0/1', device: 'mlx5_0', port: 1 },
    ],
    [
      { kind: 'nic', device: 'mlx5_0' },
      { kind: 'nic', key: 'nic:mlx5_0', device: 'mlx5_0' },
    ],
  ])('%j', (given, full) => expect(component(given)).toEqual(full));

  it('is the node where nothing is said', () =>
    expect(only(readJson(ran(0, '{"message": "m"}'), plugin))).toEqual({
      component: { kind: 'node', key: 'node' },
      code: 'problem',
      message: 'm',
      override: { action: { drain: false, then: 'watch' } },
    }));
});

describe('any output under any exit code', () => {
  const outputs = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.string().map((text) => `{"message": ${JSON.stringify(text)}}`),
    fc.constantFrom('[]', '[[]]', 'null', '{"pass": null}', '{"unjudged": {"kind": "node"}}', '{"message": ""}'),
  );
  it('is a list of judgements or a stated absence, of bounded size and without what a terminal would obey', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), outputs, fc.string({ unit: 'binary' }), (code, stdout, stderr) => {
        for (const read of [readNagios, readNpd]) {
          const reading = read(ran(code, stdout, stderr));
          const said = reading.ok
            ? reading.value.map((one) =>
                'finding' in one ? one.finding.message : 'unjudged' in one ? one.because.detail : '',
              )
            : [reading.detail];
          if (reading.ok) expect(reading.value.length).toBeGreaterThan(0);
          for (const text of said) {
            expect(text).not.toMatch(/\p{Cc}/u);
            expect(text.length).toBeLessThan(1500);
          }
        }
        const json = readJson(ran(code, stdout, stderr), plugin);
        if (!json.ok) expect(json.detail).not.toBe('');
      }),
    ));
});
