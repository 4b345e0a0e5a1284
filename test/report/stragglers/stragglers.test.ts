import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { CAUSE_KINDS, type JobVerdict, type JobVerdictName, type Straggler } from '../../../src/api.ts';
import { ANSI } from '../../../src/report/colour.ts';
import { stragglersExitCode } from '../../../src/report/exit-codes.ts';
import { stragglersJson } from '../../../src/report/stragglers/json.ts';
import { stragglersReport } from '../../../src/report/stragglers/report.ts';
import { stragglersText } from '../../../src/report/stragglers/text.ts';
import schema from '../../../src/report/stragglers.schema.json' with { type: 'json' };

const AT = Date.UTC(2026, 10, 26, 14, 30);

const straggler = (o: Partial<Straggler> = {}): Straggler => ({
  level: 'likely',
  component: {
    kind: 'gpu',
    key: 'node-17/gpu:GPU-3',
    node: 'node-17',
    index: 3,
    uuid: 'GPU-33333333-0000-4000-8000-000000000000',
    pciBusId: '00000000:4B:00.0',
  },
  jobId: '8841',
  families: ['thermal', 'clock'],
  causes: [{ kind: 'thermal_throttle', detail: 'thermally throttled 22 % of the last 15 min' }],
  effects: [
    {
      feature: 'sm_clock',
      family: 'clock',
      observed: 1_841_400_000,
      peerMedian: 1_980_000_000,
      deviation: 0.07,
      z: 9.3333333,
      persistence: { hits: 13, of: 15 },
      peers: 7,
    },
  ],
  slowdown: { estimate: 0.04, low: 0, high: 0.11 },
  firstSeen: AT - 900_000,
  lastSeen: AT - 900_000,
  message: 'LIKELY STRAGGLER node-17 GPU 3 (job 8841): thermally throttled',
  nextStep: 'check airflow',
  ...o,
});

const job = (verdict: JobVerdictName, o: Partial<JobVerdict> = {}): JobVerdict => ({
  jobId: '8841',
  nodes: ['node-16', 'node-17'],
  gpus: 16,
  verdict,
  reason: 'this is why',
  stragglers: [],
  ...o,
});

const reportOf = (...jobs: readonly JobVerdict[]) =>
  stragglersReport({ evaluatedAt: AT, windowSeconds: 900, source: 'prometheus', jobs });

/** Nothing may appear that the schema does not name. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)])) as Record<
    string,
    unknown
  >;
  return copy.type === 'object' && 'properties' in copy ? { additionalProperties: false, ...copy } : copy;
};

const follows = new Ajv2020({
  strict: true,
  formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
}).compile(closed(schema) as object);

const VERDICTS: readonly JobVerdictName[] = [
  'clean',
  'suspect',
  'likely',
  'confirmed',
  'job_shaped',
  'shared_cause',
  'cannot_tell',
];

describe('the JSON of stragglers', () => {
  it.each(VERDICTS)('follows the schema: %s', (verdict) => {
    const report = reportOf(
      job(verdict, { stragglers: [straggler({ impact: 'steps take 4 % longer', until: AT })] }),
      job(verdict),
    );
    const parsed = JSON.parse(stragglersJson(report)) as unknown;
    expect(follows(parsed), JSON.stringify(follows.errors)).toBe(true);
  });

  it('says all that is known, in the units of its names', () => {
    expect(reportOf(job('likely', { stragglers: [straggler()] }))).toEqual({
      schema_version: 1,
      evaluated_at: '2026-11-26T14:30:00.000Z',
      window_seconds: 900,
      source: 'prometheus',
      jobs: [
        {
          job_id: '8841',
          nodes: 2,
          gpus: 16,
          verdict: 'likely',
          reason: 'this is why',
          stragglers: [
            {
              level: 'likely',
              node: 'node-17',
              gpu: { index: 3, uuid: 'GPU-33333333-0000-4000-8000-000000000000', pci_bus_id: '00000000:4B:00.0' },
              families: ['thermal', 'clock'],
              causes: [{ kind: 'thermal_throttle', detail: 'thermally throttled 22 % of the last 15 min' }],
              effects: [
                {
                  feature: 'sm_clock',
                  observed: 1_841_400_000,
                  peer_median: 1_980_000_000,
                  deviation_ratio: 0.93,
                  z: 9.3333,
                  persistence: 0.8667,
                },
              ],
              slowdown: { estimate: 0.04, low: 0, high: 0.11 },
              first_seen: '2026-11-26T14:15:00.000Z',
              message: 'LIKELY STRAGGLER node-17 GPU 3 (job 8841): thermally throttled',
              next_step: 'check airflow',
            },
          ],
        },
      ],
    });
  });

  it('of a whole node names no GPU, and an unknown slowdown is not there', () => {
    const { slowdown: _, ...unknown } = straggler({ component: { kind: 'node', key: 'node-17', node: 'node-17' } });
    const [first] = reportOf(job('likely', { stragglers: [unknown] })).jobs[0]?.stragglers ?? [];
    expect(first).toMatchObject({ node: 'node-17' });
    expect(first).not.toHaveProperty('gpu');
    expect(first).not.toHaveProperty('slowdown');
  });

  it('never holds null, whatever is divided by zero', () => {
    const [effect] = straggler().effects;
    if (effect === undefined) throw new Error('no effect');
    const odd = { ...effect, observed: 0, peerMedian: 0, z: Number.POSITIVE_INFINITY, persistence: { hits: 0, of: 0 } };
    expect(stragglersJson(reportOf(job('likely', { stragglers: [straggler({ effects: [odd] })] })))).not.toContain(
      'null',
    );
  });

  it('knows every kind of cause', () => {
    expect(schema.$defs.straggler.properties.causes.items.properties.kind.enum).toEqual(CAUSE_KINDS);
  });

  it('has the worst job first', () => {
    const all = VERDICTS.map((verdict) => job(verdict, { jobId: verdict }));
    expect(reportOf(...all).jobs.map(({ verdict }) => verdict)[0]).toBe('confirmed');
    expect(reportOf(...all).jobs.at(-1)?.verdict).toBe('clean');
  });
});

describe('the exit code of stragglers', () => {
  it.each([
    ['clean', 0],
    ['suspect', 0],
    ['job_shaped', 0],
    ['shared_cause', 0],
    ['cannot_tell', 0],
    ['likely', 1],
    ['confirmed', 1],
  ] as const)('of %s is %i', (verdict, code) => {
    expect(stragglersExitCode([job('clean'), job(verdict)])).toBe(code);
  });

  it('counts who was accused, whatever the job is called', () => {
    expect(stragglersExitCode([job('cannot_tell', { stragglers: [straggler({ level: 'suspect' })] })])).toBe(0);
    expect(stragglersExitCode([job('cannot_tell', { stragglers: [straggler()] })])).toBe(1);
    expect(stragglersExitCode([])).toBe(0);
  });
});

describe('the text of stragglers', () => {
  it('says who, with what evidence, and what to do; the exit code is the last line', () => {
    const text = stragglersText(reportOf(job('likely', { stragglers: [straggler({ until: AT })] })), { exitCode: 1 });
    expect(text.split('\n')).toEqual([
      'stragglers in 15 min until 2026-11-26 14:30, from Prometheus',
      '',
      'LIKELY STRAGGLER job 8841: this is why (2 nodes, 16 GPUs)',
      '  LIKELY STRAGGLER node-17 GPU 3 (job 8841): thermally throttled',
      '    part    GPU-33333333-0000-4000-8000-000000000000  00000000:4B:00.0',
      '    cause   thermal throttle: thermally throttled 22 % of the last 15 min',
      '    effect  SM clock 1841 MHz, median of the peers 1980 MHz, z 9.3, 87 % of the time',
      '    seen    from 2026-11-26 14:15 to 2026-11-26 14:30',
      '    next    check airflow',
      '',
      '1 job: 1 likely; exit code 1',
      '',
    ]);
  });

  it('says of a slow job that no node is to blame', () => {
    const text = stragglersText(reportOf(job('job_shaped')), { exitCode: 0 });
    expect(text).toContain('\nNOT A NODE PROBLEM job 8841: this is why');
    expect(text).toMatch(/1 job: nobody accused; exit code 0\n$/);
  });

  it('says nothing of a job that has no name', () => {
    expect(stragglersText(reportOf(job('clean', { jobId: '' })), { exitCode: 0 })).toContain(
      '\nNO STRAGGLER: this is why',
    );
  });

  it('lets nobody paint the terminal who names a job', () => {
    const text = stragglersText(reportOf(job('clean', { jobId: '\u001b[2J\nREADY' })), { exitCode: 0 });
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/^READY/m);
  });

  it('is the same text in colour', () => {
    const report = reportOf(job('likely', { stragglers: [straggler()] }), job('clean'));
    const painted = stragglersText(report, { exitCode: 1, palette: ANSI });
    expect(painted).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are taken off again
    expect(painted.replaceAll(/\u001b\[[0-9]+m/g, '')).toBe(stragglersText(report, { exitCode: 1 }));
  });
});
