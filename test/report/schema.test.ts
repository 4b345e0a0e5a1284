import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ABSENCE_REASONS } from '../../src/api.ts';
import { jsonReport } from '../../src/report/json.ts';
import schema from '../../src/report/verdict.schema.json' with { type: 'json' };
import { verdictOf } from '../../src/report/verdict.ts';
import { failingSnapshot, snapshotOf } from '../support/snapshot.ts';
import { OPTIONS } from './options.ts';

/** The shipped schema lets later versions add properties; here nothing that it does not name may appear. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, closed(inner)]);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  return copy.type === 'object' && 'properties' in copy ? { additionalProperties: false, ...copy } : copy;
};

const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
});
const validate = ajv.compile(closed(schema) as object);

const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

describe('the JSON of a verdict', () => {
  it.each([
    ['healthy', snapshotOf()],
    ['failing', failingSnapshot()],
    ['empty', snapshotOf({ checks: [], facts: {}, sources: [] })],
    ['simulated', snapshotOf({ node: { ...snapshotOf().node, mock: 'hgx-h100-8' } })],
  ])('follows the schema: %s', (_, snapshot) => {
    const valid = validate(parsed(jsonReport(verdictOf(snapshot, OPTIONS))));
    expect(validate.errors).toBeNull();
    expect(valid).toBe(true);
  });

  it('is refused with a property missing or renamed', () => {
    const { ready: _, ...rest } = parsed(jsonReport(verdictOf(snapshotOf(), OPTIONS)));
    expect(validate(rest)).toBe(false);
    expect(validate({ ...rest, ready: true, isReady: true })).toBe(false);
  });

  it('tells of a pulled kill switch, with its reason', () => {
    const enforcement = { enabled: false, reason: 'driver rollout', file: '/etc/muster/disabled' } as const;
    const verdict = parsed(jsonReport(verdictOf(failingSnapshot(), { ...OPTIONS, enforcement })));
    expect(validate(verdict), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...verdict, enforcement: { enabled: false } })).toBe(false);
  });

  it('never holds null', () => {
    expect(jsonReport(verdictOf(failingSnapshot({ facts: {} }), OPTIONS))).not.toMatch(/:\s*null/);
  });

  it('knows every reason of absence', () => {
    expect(schema.$defs.check.properties.unjudged.items.properties.reason.enum).toEqual(ABSENCE_REASONS);
  });

  it('spells the component of a finding with all that helps to find it', () => {
    const verdict = verdictOf(failingSnapshot(), OPTIONS);
    expect(verdict.checks.flatMap(({ findings }) => findings)[0]).toMatchObject({
      component: {
        kind: 'gpu',
        index: 3,
        uuid: 'GPU-33333333-0000-4000-8000-000000000000',
        pci_bus_id: '00000000:4B:00.0',
        serial: '165102300003',
      },
      action: { drain: true, then: 'reboot' },
      first_seen: '2025-06-01T11:58:12.000Z',
      docs: 'docs/checks.md#gpuxid-errors',
    });
  });
});
