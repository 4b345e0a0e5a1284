import { describe, expect, it } from 'vitest';
import { absent, type Component, type Counter, counter, known, type Raw, type Signal, signal } from '../../src/api.ts';
import { createSeriesStore } from '../../src/derive/series.ts';

interface Part {
  ref: Component;
  errors: Counter;
  celsius: Signal;
}

const part = (key: string, errors: number): Raw<Part> => ({
  ref: { kind: 'gpu', key },
  errors: counter(known(errors)),
  celsius: signal(known(50)),
});
const asIs = (component: Component): Component => component;

describe('windows of a list of components', () => {
  it('follow the component, not its place in the list', () => {
    const store = createSeriesStore();
    store.derive<Part[]>('gpus', [part('a', 100), part('b', 0)], 0, asIs);
    const [b] = store.derive<Part[]>('gpus', [part('b', 2)], 30_000, asIs);
    expect(b?.errors.increase.interval).toEqual({ ok: true, value: { by: 2, seconds: 30, resets: 0 } });
  });

  it('carry the absence of the value itself', () => {
    const store = createSeriesStore();
    const lost = absent('lost', 'GPU is lost');
    const derived = store.derive<Counter>('x', counter(lost), 0, asIs);
    expect(derived.total).toEqual(lost);
    expect(derived.increase['1h']).toEqual(lost);
  });

  it('give frozen facts', () => {
    const [fact] = createSeriesStore().derive<Part[]>('gpus', [part('a', 1)], 0, asIs);
    expect(Object.isFrozen(fact)).toBe(true);
    expect(Object.isFrozen(fact?.errors)).toBe(true);
  });
});

describe('a baseline', () => {
  it('gives the next run its hour windows', () => {
    const first = createSeriesStore();
    first.derive<Part[]>('gpus', [part('a', 10)], 0, asIs);
    const saved = JSON.parse(JSON.stringify(first.baseline({ now: 0, maxAgeSeconds: 86_400, spacingSeconds: 3600 })));

    const second = createSeriesStore();
    second.restore(saved);
    const [fact] = second.derive<Part[]>('gpus', [part('a', 13)], 1_800_000, asIs);
    expect(fact?.errors.increase['1h']).toEqual({ ok: true, value: { by: 3, seconds: 1800, resets: 0 } });
  });

  it('forgets what is too old', () => {
    const store = createSeriesStore();
    store.derive<Part[]>('gpus', [part('a', 10)], 0, asIs);
    expect(store.baseline({ now: 2 * 86_400_000, maxAgeSeconds: 86_400, spacingSeconds: 3600 })).toEqual({});
  });
});
