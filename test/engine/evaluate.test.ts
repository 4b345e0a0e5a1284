import { describe, expect, it } from 'vitest';
import { ABSENCE_REASONS, absent, type Component, defineCheck, type Fact, known } from '../../src/api.ts';
import { evaluateCheck } from '../../src/engine/evaluate.ts';
import type { FactMap } from '../../src/engine/snapshot.ts';
import { worst } from '../../src/engine/verdict.ts';

const node: Component = { kind: 'node', key: 'node' };
const gpu = (index: number, model = 'NVIDIA H100 80GB HBM3'): Component => ({
  kind: 'gpu',
  key: `gpu:${index}`,
  index,
  model,
});
const condition = {
  title: 't',
  severity: 'CRITICAL',
  action: { drain: true, then: 'reset_gpu' },
  lifetime: 'condition',
} as const;

const check = (judge: Parameters<typeof defineCheck>[0]['judge'], availability?: string) =>
  defineCheck({
    apiVersion: 1,
    id: 'gpu/test',
    title: 'Test',
    why: '',
    source: '',
    remedy: '',
    contexts: ['prejob'],
    requires: ['gpus'],
    rules: {
      main: condition,
      newer: availability === undefined ? condition : { ...condition, availability },
      event: { ...condition, lifetime: { clearedAfterSeconds: 60 } },
    },
    judge: judge as never,
  });

const facts = { gpus: { ...known([]), at: 0, source: 'nvidia-smi' } } as unknown as FactMap;
const ctx = {
  now: 1_000_000,
  bootedAt: 0,
  context: 'prejob',
  node,
  profile: { limits: {} } as never,
  mode: 'enforce',
  options: {},
  optionalSources: new Set<string>(),
  expectedFacts: new Set<never>(),
  lastingFacts: new Set<never>(),
} as const;

describe('what a check has observed', () => {
  it('is as new as what changes, not as what is read once an hour', () => {
    const of = (at: number) => ({ ...known([]), at, source: 's' });
    const read = { rails: of(1), nics: of(2) } as unknown as FactMap;
    const both = { ...check(() => []), requires: ['rails', 'nics'] } as never;
    expect(evaluateCheck(both, read, { ...ctx, lastingFacts: new Set(['rails'] as const) }).sampledAt).toBe(2);
    expect(evaluateCheck(both, read, ctx).sampledAt).toBe(1);
  });
});

describe('a source that the site declared optional', () => {
  const judge = (handed: { readonly nics: Fact<never> }) => [
    { pass: gpu(0), code: 'main' },
    ...(handed.nics.ok ? [] : [{ unjudged: gpu(0), code: 'newer', because: handed.nics }]),
  ];
  const using = { ...check(judge as never), uses: ['nics'] } as never;
  const hung = { ...absent('hung', 'ibstat does not end'), at: 0, source: 'infiniband' };
  const read = { ...facts, nics: hung } as unknown as FactMap;

  it('leaves nothing open in a check that may look at it, and says so', () => {
    const without = evaluateCheck(using, read, ctx);
    expect(without.severity).toBe('UNKNOWN');
    const optional = evaluateCheck(using, read, { ...ctx, optionalSources: new Set(['infiniband']) });
    expect(optional.severity).toBe('SKIPPED');
    expect(optional.unjudged).toMatchObject([
      {
        reason: 'not-recorded',
        verdict: 'SKIPPED',
        detail: 'ibstat does not end (the configuration declares infiniband optional)',
      },
    ]);
  });

  it('excuses no other source', () => {
    expect(evaluateCheck(using, read, { ...ctx, optionalSources: new Set(['nvidia-smi-topo']) }).severity).toBe(
      'UNKNOWN',
    );
  });
});

describe('the severity of a check', () => {
  it('is SKIPPED when nothing was judged, never PASS', () => {
    expect(
      evaluateCheck(
        check(() => []),
        facts,
        ctx,
      ).severity,
    ).toBe('SKIPPED');
  });

  it('is the worst of its components', () => {
    const result = evaluateCheck(
      check(() => [{ pass: gpu(0) }, { finding: { component: gpu(1), code: 'main', message: 'm' } }]),
      facts,
      ctx,
    );
    expect(result.severity).toBe('CRITICAL');
    expect(result.findings).toHaveLength(1);
  });

  it.each([
    ['unsupported', 'SKIPPED'],
    ['no-history', 'SKIPPED'],
    ['lost', 'UNKNOWN'],
    ['timeout', 'UNKNOWN'],
  ] as const)('is not PASS for a component with one aspect left unjudged (%s)', (reason, severity) => {
    const result = evaluateCheck(
      check(() => [
        { pass: gpu(0), code: 'main' },
        { unjudged: gpu(0), code: 'newer', because: absent(reason, 'd') },
      ]),
      facts,
      ctx,
    );
    expect(result.severity).toBe(severity);
  });

  it('is PASS although a code is silent that only newer drivers print', () => {
    const judge = () => [
      { pass: gpu(0), code: 'main' },
      { unjudged: gpu(0), code: 'newer', because: absent('unsupported', 'd') },
    ];
    const result = evaluateCheck(check(judge as never, 'from driver 570'), facts, ctx);
    expect(result.severity).toBe('PASS');
    expect(result.unjudged).toHaveLength(1);
  });

  it('is UNKNOWN when one GPU is silent where its siblings of the same model answer', () => {
    const judge = (model: string) => () => [
      { pass: gpu(0) },
      { unjudged: gpu(1, model), because: absent('unsupported', 'N/A') },
    ];
    expect(evaluateCheck(check(judge('NVIDIA H100 80GB HBM3') as never), facts, ctx).severity).toBe('UNKNOWN');
    expect(evaluateCheck(check(judge('Tesla T4') as never), facts, ctx).severity).toBe('PASS');
  });

  it('is UNKNOWN, with the reason, when the check itself throws', () => {
    const result = evaluateCheck(
      check(() => {
        throw new Error('boom');
      }),
      facts,
      ctx,
    );
    expect(result).toMatchObject({ severity: 'UNKNOWN', errors: 1 });
    expect(result.reason).toContain('boom');
  });

  it('forgets an event that is older than its lifetime, and passes its component', () => {
    const at = (ms: number) => () => [{ finding: { component: gpu(0), code: 'event', message: 'm', at: ms } }];
    expect(evaluateCheck(check(at(ctx.now - 30_000) as never), facts, ctx).severity).toBe('CRITICAL');
    expect(evaluateCheck(check(at(ctx.now - 90_000) as never), facts, ctx).severity).toBe('PASS');
  });
});

describe('a required fact that is absent', () => {
  const missing = (reason: (typeof ABSENCE_REASONS)[number]): FactMap => ({
    gpus: { ...absent(reason, 'why'), at: 0, source: 'nvidia-smi' } as Fact<never>,
  });

  it.each(ABSENCE_REASONS)('%s never becomes PASS', (reason) => {
    for (const expectedFacts of [new Set<'gpus'>(), new Set(['gpus'] as const)]) {
      expect(['SKIPPED', 'UNKNOWN']).toContain(
        evaluateCheck(
          check(() => [{ pass: gpu(0) }]),
          missing(reason),
          { ...ctx, expectedFacts },
        ).severity,
      );
    }
  });

  it('is UNKNOWN on a machine that must have it', () => {
    expect(
      evaluateCheck(
        check(() => []),
        missing('no-tool'),
        ctx,
      ).severity,
    ).toBe('SKIPPED');
    expect(
      evaluateCheck(
        check(() => []),
        missing('no-tool'),
        { ...ctx, expectedFacts: new Set(['gpus'] as const) },
      ).severity,
    ).toBe('UNKNOWN');
  });

  it('is SKIPPED, and said so, where the site declared the source optional', () => {
    const result = evaluateCheck(
      check(() => []),
      missing('denied'),
      { ...ctx, optionalSources: new Set(['nvidia-smi']) },
    );
    expect(result.severity).toBe('SKIPPED');
    expect(result.reason).toContain('optional');
  });
});

it('CRITICAL > UNKNOWN > WARNING > INFO > PASS, and SKIPPED never counts', () => {
  expect(worst(['SKIPPED', 'PASS'])).toBe('PASS');
  expect(worst(['PASS', 'INFO'])).toBe('INFO');
  expect(worst(['UNKNOWN', 'WARNING'])).toBe('UNKNOWN');
  expect(worst(['UNKNOWN', 'CRITICAL'])).toBe('CRITICAL');
  expect(worst([])).toBe('SKIPPED');
});
