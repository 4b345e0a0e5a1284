import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import type { Option } from '../../src/api.ts';
import { expired, expiredWarnings } from '../../src/config/expired.ts';
import { rangeOf } from '../../src/config/option-range.ts';
import { configurationSchema } from '../../src/pages/configuration.ts';
import { configured, refused } from '../support/configuration.ts';

const DOCS = 'see docs/configuration.md';
const ENTRY = '{check: thermal/*, component: gpu2, owner: ann, reason: fan ordered, until: 2026-12-01T08:00:00Z}';

describe('the contexts of a check', () => {
  it('are some of those in which it can run', async () => {
    const { checks: entries } = await configured('checks: {thermal/hot-gpus: {contexts: [continuous]}}');
    expect(entries['thermal/hot-gpus']).toEqual({ mode: 'enforce', contexts: ['continuous'], options: {} });
    expect((await configured('checks: {thermal/hot-gpus: {}}')).checks['thermal/hot-gpus']).not.toHaveProperty(
      'contexts',
    );
  });

  it.each([
    [
      'checks: {thermal/hot-gpus: {contexts: [continuous, job]}}',
      'muster.yaml:1:52 checks.thermal/hot-gpus.contexts.1: must be continuous, prejob or deep, where thermal/hot-gpus can run',
    ],
    [
      'checks:\n  straggler/lagging-gpu:\n    contexts: [prejob]',
      'muster.yaml:3:16 checks.straggler/lagging-gpu.contexts.0: must be continuous or job, where straggler/lagging-gpu can run',
    ],
    [
      'checks: {thermal/hot-gpus: {contexts: []}}',
      'muster.yaml:1:29 checks.thermal/hot-gpus.contexts: is empty; mode: off takes a check out everywhere',
    ],
    [
      'checks: {thermal/hot-gpus: {contexts: prejob}}',
      'muster.yaml:1:29 checks.thermal/hot-gpus.contexts: must be a list',
    ],
  ])('%s', async (yaml, message) => {
    expect(await refused(yaml)).toBe(`${message}; ${DOCS}`);
  });
});

describe('the value of an option', () => {
  const of = (check: string, option: string, value: string) => `checks: {${check}: {options: {${option}: ${value}}}}`;
  it.each([
    [of('thermal/thermal-throttle', 'share', '1.5'), /share: must be a number from 0 to 1 \(share of time\);/],
    [of('thermal/thermal-throttle', 'share', '-0.1'), /share: must be a number from 0 to 1 \(share of time\);/],
    [of('thermal/thermal-throttle', 'share', '1 %'), /share: must be a number from 0 to 1 \(share of time\);/],
    [of('thermal/hot-gpus', 'margin_celsius', '.inf'), /margin_celsius: must be a number \(°C\);/],
    [of('straggler/repeat-offender', 'days', '-28'), /days: must be a number of at least 0 \(days\);/],
    [of('straggler/repeat-offender', 'days', '.inf'), /days: must be a number of at least 0 \(days\);/],
    [of('straggler/repeat-offender', 'days', '.nan'), /days: must be a number of at least 0 \(days\);/],
  ])('%s', async (yaml, message) => {
    expect(await refused(yaml)).toMatch(message);
    expect(await refused(yaml)).toMatch(/^muster\.yaml:1:\d+ checks\./);
  });

  it.each([
    of('thermal/thermal-throttle', 'share', '0'),
    of('thermal/thermal-throttle', 'share', '1'),
    of('thermal/hot-gpus', 'margin_celsius', '-3'),
    of('straggler/repeat-offender', 'days', '0'),
  ])('%s is taken', async (yaml) => {
    await expect(configured(yaml)).resolves.toBeDefined();
  });

  it('may be the default of every option', () => {
    const options = checks.flatMap((check) => Object.values((check.options ?? {}) as Record<string, Option>));
    for (const { default: value, unit } of options) {
      const { least = -Infinity, most = Infinity } = rangeOf(unit);
      if (typeof value === 'number') expect([value >= least, value <= most], `${value} ${unit}`).toEqual([true, true]);
    }
  });
});

describe('a suppression of the configuration', () => {
  it('is kept with where it stands', async () => {
    const { suppressions } = await configured(`suppressions:\n  - ${ENTRY}\n`);
    expect(suppressions).toEqual([
      {
        check: 'thermal/*',
        component: 'gpu2',
        owner: 'ann',
        reason: 'fan ordered',
        until: Date.UTC(2026, 11, 1, 8),
        setBy: expect.stringMatching(/\/muster\.yaml:2:5$/),
      },
    ]);
  });

  it.each([
    [ENTRY.replace('thermal/*', 'termal/*'), '1:17 suppressions.0.check: matches no check; muster checks lists them'],
    [ENTRY.replace(', until: 2026-12-01T08:00:00Z', ''), '1:16 suppressions.0.until: is missing'],
    [ENTRY.replace('owner: ann, ', ''), '1:16 suppressions.0.owner: is missing'],
    [ENTRY.replace('ann', "' '"), '1:52 suppressions.0.owner: is empty'],
    [
      ENTRY.replace('2026-12-01T08:00:00Z', '2026-12-01'),
      '1:85 suppressions.0.until: is not a time: write for example 2026-12-01T08:00:00Z',
    ],
    [
      ENTRY.replace('2026-12-01T08:00:00Z', '2026-13-01T08:00:00Z'),
      '1:85 suppressions.0.until: is not a time: write for example 2026-12-01T08:00:00Z',
    ],
    [ENTRY.replace('component', 'componet'), '1:35 suppressions.0.componet: is not a setting that Muster knows'],
  ])('%s is refused', async (entry, message) => {
    expect(await refused(`suppressions: [${entry}]`)).toBe(`muster.yaml:${message}; ${DOCS}`);
  });

  it('is said to be over from its end on', async () => {
    const config = await configured(`suppressions: [${ENTRY}]`);
    const end = Date.UTC(2026, 11, 1, 8);
    expect(expired(config, end - 1)).toEqual([]);
    expect(expiredWarnings(config, end)).toEqual([
      expect.stringMatching(
        /muster\.yaml:1:16: the suppression of thermal\/\* of gpu2 \(ann: fan ordered\) ended at 2026-12-01T08:00:00\.000Z and is ignored; take it out/,
      ),
    ]);
  });
});

it('all of it is in the published schema', () => {
  const schema = JSON.parse(configurationSchema(checks)) as {
    properties: {
      suppressions: { items: { required: string[] } };
      checks: { properties: Record<string, { properties: Record<string, { items: { enum: string[] } }> }> };
    };
  };
  expect(schema.properties.suppressions.items.required).toEqual(['check', 'owner', 'reason', 'until']);
  const { 'thermal/thermal-throttle': entry } = schema.properties.checks.properties;
  expect(entry?.properties.contexts?.items.enum).toEqual(['continuous', 'prejob', 'deep']);
  expect(JSON.stringify(entry?.properties.options)).toMatch(/"minimum":0,"maximum":1/);
});
