import { describe, expect, it } from 'vitest';
import hotGpus from '../../../checks/thermal/hot-gpus.ts';
import hotMemory from '../../../checks/thermal/hot-memory.ts';
import { absent, type Gpu, known } from '../../../src/api.ts';
import { healthyGpu, judgeWith, type Overrides, signalOf } from '../../support/healthy-gpu.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

type Temperature = Overrides<Gpu['temperature']>;
const notPrinted = absent('unsupported', 'N/A');

/** As an A100 prints it: absolute limits, no margin. */
const ampere = (coreCelsius: number, over: Temperature = {}): Temperature => ({
  coreCelsius: signalOf(coreCelsius),
  marginCelsius: signalOf(notPrinted),
  slowdownMarginCelsius: notPrinted,
  shutdownMarginCelsius: notPrinted,
  maxOperatingCelsius: known(85),
  slowdownCelsius: known(89),
  shutdownCelsius: known(92),
  memoryMaxCelsius: known(95),
  ...over,
});
const hopper = (core: number, margin: number): Temperature => ({
  coreCelsius: signalOf(core),
  marginCelsius: signalOf(margin),
});

describe('thermal/hot-gpus', () => {
  const judge = (temperature: Temperature) => judgeWith(hotGpus, { gpus: [healthyGpu(0, { temperature })] });

  it.each([
    { name: 'a cool Hopper', temperature: hopper(30, 57), outcome: 'pass' },
    { name: 'a Hopper one degree away', temperature: hopper(86, 1), outcome: 'pass' },
    { name: 'a Hopper at its maximum', temperature: hopper(87, 0), outcome: 'hot' },
    { name: 'a Hopper that throttles', temperature: hopper(91, -4), outcome: 'hot' },
    { name: 'a cool H100 that always prints a margin of 0', temperature: hopper(32, 0), outcome: 'pass' },
    { name: 'a hot H100 that always prints a margin of -40', temperature: hopper(93, -40), outcome: 'hot' },
    { name: 'a cool Ampere', temperature: ampere(33), outcome: 'pass' },
    { name: 'an Ampere one degree away', temperature: ampere(84), outcome: 'pass' },
    { name: 'an Ampere at its maximum', temperature: ampere(85), outcome: 'hot' },
    {
      name: 'a Pascal below its slowdown temperature',
      temperature: ampere(90, { maxOperatingCelsius: notPrinted, slowdownCelsius: known(99) }),
      outcome: 'pass',
    },
    {
      name: 'a Pascal at its slowdown temperature',
      temperature: ampere(99, { maxOperatingCelsius: notPrinted, slowdownCelsius: known(99) }),
      outcome: 'hot',
    },
    { name: 'a virtual GPU at 0 °C', temperature: ampere(0), outcome: 'unsupported' },
    {
      name: 'a GPU without limits',
      temperature: ampere(60, { maxOperatingCelsius: notPrinted, slowdownCelsius: notPrinted }),
      outcome: 'unsupported',
    },
    {
      name: 'a GPU whose limit could not be read',
      temperature: ampere(60, { maxOperatingCelsius: absent('failed', '?') }),
      outcome: 'failed',
    },
    {
      name: 'a GPU whose margin could not be read',
      temperature: { marginCelsius: signalOf(absent('lost', 'GPU is lost')) },
      outcome: 'lost',
    },
    {
      name: 'a hot margin without a core temperature',
      temperature: { ...hopper(0, -3), coreCelsius: signalOf(absent('failed', '?')) },
      outcome: 'failed',
    },
  ])('$name: $outcome', ({ temperature, outcome }) => {
    const judgements = judge(temperature);
    const expected = outcome === 'pass' || outcome === 'hot' ? [] : [`gpu0 hot ${outcome}`];
    expect(findingsIn(judgements)).toEqual(outcome === 'hot' ? ['gpu0 hot'] : []);
    expect(passesIn(judgements)).toEqual(outcome === 'pass' ? ['gpu0 hot'] : []);
    expect(unjudgedIn(judgements)).toEqual(expected);
  });

  it('never compares GPUs with each other: slots differ', () => {
    const gpus = [healthyGpu(0, { temperature: hopper(40, 47) }), healthyGpu(1, { temperature: hopper(70, 17) })];
    expect(findingsIn(judgeWith(hotGpus, { gpus }))).toEqual([]);
  });

  it("takes the site's own margin", () => {
    const gpus = [healthyGpu(0, { temperature: hopper(80, 7) })];
    expect(findingsIn(judgeWith(hotGpus, { gpus }, { options: { margin_celsius: 8 } }))).toEqual(['gpu0 hot']);
  });

  it('says how far from the limit it is', () => {
    expect(findingOf(judge(hopper(91, -4)))?.message).toBe(
      'GPU 0 is 4 °C above its maximum operating temperature, at 91 °C',
    );
  });
});

describe('thermal/hot-memory', () => {
  it.each([
    { name: 'below the printed limit', memory: 94, limit: known(95), outcome: 'pass' },
    { name: 'at the printed limit', memory: 95, limit: known(95), outcome: 'hot' },
    { name: 'at the default limit', memory: 95, limit: notPrinted, outcome: 'hot' },
    { name: 'above another printed limit', memory: 96, limit: known(105), outcome: 'pass' },
    { name: 'no sensor prints 0', memory: 0, limit: known(95), outcome: 'unsupported' },
    { name: 'no sensor prints N/A', memory: notPrinted, limit: known(95), outcome: 'unsupported' },
    { name: 'an unreadable limit', memory: 40, limit: absent('failed', '?'), outcome: 'failed' },
  ])('$name: $outcome', ({ memory, limit, outcome }) => {
    const gpus = [healthyGpu(0, { temperature: { memoryCelsius: signalOf(memory), memoryMaxCelsius: limit } })];
    const judgements = judgeWith(hotMemory, { gpus });
    expect(findingsIn(judgements)).toEqual(outcome === 'hot' ? ['gpu0 hot'] : []);
    expect(passesIn(judgements)).toEqual(outcome === 'pass' ? ['gpu0 hot'] : []);
    expect(unjudgedIn(judgements)).toEqual(outcome === 'pass' || outcome === 'hot' ? [] : [`gpu0 hot ${outcome}`]);
  });
});
