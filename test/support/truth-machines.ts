import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { resolveMock } from '../../src/mock/resolve.ts';
import { renderWorld } from '../../src/mock/world.ts';
import { bareCapture, type Capture, type CaptureTruth, captureOf, truthOfCapture } from './capture-truth.ts';
import { STARTED_AT } from './judge-machine.ts';
import { SAMPLES } from './samples.ts';
import { firstGpus } from './xml-elements.ts';

/** One to change and two that it can be compared with. */
const GPUS = 3;

const simulated = (name: string): Capture => {
  const mock = resolveMock(name);
  if (!mock.ok) throw new Error(mock.error);
  const machine = { ...mock.value.machine, gpus: mock.value.machine.gpus.slice(0, GPUS), nics: [] };
  return captureOf(
    [0, 5000].map((ms) => {
      const at = STARTED_AT + ms;
      return { tree: renderWorld({ ...mock.value, machine, seed: 'test', startMs: STARTED_AT, atMs: at }), at };
    }),
  );
};

const expectTruth = ({ violations, dependences }: CaptureTruth, atLeast: number): void => {
  expect(violations).toEqual([]);
  // Not vacuous: so many elements were seen to decide something.
  expect(new Set(dependences.map((one) => one.split(' ', 1)[0])).size).toBeGreaterThanOrEqual(atLeast);
};

const TIMEOUT_MS = 300_000;

/** The truth property on a simulated machine, and on a real capture of its kind where the samples are there. */
export const testTruth = (machine: string, realCapture: string, decidingElements: number): void => {
  it(
    `${machine}: no element becomes a pass when it is absent`,
    async () => expectTruth(await truthOfCapture(simulated(machine)), decidingElements),
    TIMEOUT_MS,
  );

  const file = `${SAMPLES}/nvsmi-xml/${realCapture}`;
  const there = existsSync(file);
  it.skipIf(!there)(
    `${realCapture}: no element becomes a pass when it is absent${there ? '' : ' (skipped: no samples folder)'}`,
    async () => {
      const capture = bareCapture(firstGpus(readFileSync(file, 'utf8'), GPUS), STARTED_AT);
      expectTruth(await truthOfCapture(capture), 20);
    },
    TIMEOUT_MS,
  );
};
