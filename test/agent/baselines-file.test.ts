import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  baselinesFile,
  baselinesFromFile,
  baselinesToFile,
  createBaselineKeeper,
} from '../../src/agent/baselines-file.ts';
import { absent } from '../../src/api.ts';
import { createDisk, type Disk } from '../../src/store/disk.ts';
import { createStateFile } from '../../src/store/state-file.ts';
import { gpuRef } from '../support/healthy-gpu.ts';
import { stragglerNode } from '../support/straggler-node.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** An agent's watch over a node, with its baselines in `stateDir`. */
const agentIn = (stateDir: string, o: Parameters<typeof stragglerNode>[0] = {}, disk: Disk = createDisk()) => {
  const node = stragglerNode(o);
  const stateFile = createStateFile({ file: baselinesFile(stateDir), disk });
  return { ...node, keeper: createBaselineKeeper({ baselines: node.watch.baselines, stateFile }) };
};

const minutesOf = (agent: ReturnType<typeof agentIn>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(agent.watch.baselines.save()).map(([part, { minutes }]) => [part, minutes]));

const board = (index: number): string => gpuRef(index).uuid ?? '';

/** A node that has worked for an hour with a GPU that is always a little slower, and whose agent has stopped. */
const afterAnHour = async (stateDir: string) => {
  const agent = agentIn(stateDir, { chassis: { 1: 10 } });
  await agent.run(60);
  agent.keeper.keep();
  expect(await agent.keeper.flushed()).toBe(true);
  agent.watch.release?.();
  return agent.watch.baselines.save();
};

describe('what the GPUs of a node usually do', () => {
  it('outlives a restart of the agent, and is learned on', async () => {
    const stateDir = temporaryDirectory();
    const before = await afterAnHour(stateDir);
    expect(before[board(1)]?.deviations.sm_clock).toBeGreaterThan(0);
    const agent = agentIn(stateDir, { chassis: { 1: 10 }, fromMinute: 61 });
    expect(await agent.keeper.recall()).toBeUndefined();
    expect(agent.watch.baselines.save()).toEqual(before);
    await agent.run(30);
    expect(minutesOf(agent)[board(1)]).toBeGreaterThan(before[board(1)]?.minutes ?? Number.POSITIVE_INFINITY);
    agent.watch.release?.();
  });

  it('belongs to the board; a new board begins with what its slot was', async () => {
    const stateDir = temporaryDirectory();
    const before = await afterAnHour(stateDir);
    const fresh = 'GPU-99999999-0000-4000-8000-000000000000';
    const agent = agentIn(stateDir, { boards: { 1: fresh }, fromMinute: 61 });
    await agent.keeper.recall();
    await agent.run(10);
    const after = minutesOf(agent);
    expect(after[board(1)]).toBe(before[board(1)]?.minutes);
    expect(after[fresh]).toBeLessThan(15);
    expect(after['/1']).toBeGreaterThan(before['/1']?.minutes ?? Number.POSITIVE_INFINITY);
    agent.watch.release?.();
  });

  it('outlives a clock that is set', async () => {
    const agent = agentIn(temporaryDirectory());
    await agent.run(30);
    const before = minutesOf(agent)[board(2)] ?? 0;
    expect(before).toBeGreaterThan(10);
    agent.stepClock(-3_600_000);
    await agent.run(2);
    expect(minutesOf(agent)[board(2)]).toBeGreaterThanOrEqual(before);
    agent.watch.release?.();
  });

  it('is not written where nothing was learned', async () => {
    const stateDir = temporaryDirectory();
    const agent = agentIn(stateDir);
    expect(await agent.keeper.recall()).toBeUndefined();
    agent.endJob();
    await agent.run(20);
    agent.keeper.keep();
    expect(await agent.keeper.flushed()).toBe(true);
    expect(existsSync(baselinesFile(stateDir))).toBe(false);
    agent.watch.release?.();
  });
});

describe('a file that cannot be used', () => {
  const one = { minutes: 3, deviations: { sm_clock: 0.01 } };
  it.each([
    ['no JSON', '{"schema_version":1,"base', 'cannot be read'],
    ['another version', JSON.stringify({ schema_version: 2, baselines: {} }), 'schema_version'],
    ['a word for a number', '{"schema_version":1,"baselines":{"GPU-1":{"minutes":"many","deviations":{}}}}', 'GPU-1'],
    [
      'a number that is none',
      '{"schema_version":1,"baselines":{"a":{"minutes":1,"deviations":{"power":1e999}}}}',
      'power',
    ],
    [
      'more boards than there are',
      JSON.stringify({
        schema_version: 1,
        baselines: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`GPU-${i}`, one])),
      }),
      'more than 2048',
    ],
    ['nothing', 'null', 'Expected Object'],
  ])('(%s) is put aside with one line that says why, and what it held is learned anew', async (_, text, why) => {
    const stateDir = temporaryDirectory();
    const file = baselinesFile(stateDir);
    writeFileSync(file, text);
    const agent = agentIn(stateDir);
    const line = (await agent.keeper.recall()) ?? '';
    expect(line).toMatch(/^what the GPUs of this node usually do cannot be read, it is learned anew: /);
    expect(line).toContain(why);
    expect(line).not.toContain('\n');
    expect(readFileSync(`${file}.bad`, 'utf8')).toBe(text);
    expect(agent.watch.baselines.save()).toEqual({});
    await agent.run(15);
    agent.keeper.keep();
    expect(await agent.keeper.flushed()).toBe(true);
    expect(await agentIn(stateDir).keeper.recall()).toBeUndefined();
    agent.watch.release?.();
  });

  it('holds no more than a bounded number of boards, the latest', () => {
    const many = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`GPU-${i}`, one]));
    const kept = baselinesFromFile(JSON.parse(JSON.stringify(baselinesToFile(many))));
    expect(kept.ok && Object.keys(kept.value)).toHaveLength(1024);
    expect(kept.ok && kept.value['GPU-1499']).toEqual(one);
  });

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (minutes, deviations) => {
        const read = baselinesFromFile({ schema_version: 1, baselines: { a: { minutes, deviations } } });
        if (read.ok) expect(Number.isInteger(read.value.a?.minutes)).toBe(true);
        else expect(read.detail).not.toBe('');
      }),
    );
  });
});

describe('a disk that does not answer', () => {
  it('says so, and puts no file aside that may be whole', async () => {
    let putAside = 0;
    const { watch } = stragglerNode();
    const keeper = createBaselineKeeper({
      baselines: watch.baselines,
      stateFile: {
        load: async () => absent('timeout', 'straggler-baselines.json: the disk has not answered for 5 s'),
        setAside: async () => {
          putAside += 1;
        },
        save: () => {},
        flushed: async () => true,
        status: () => ({ durable: true }),
      },
    });
    expect(await keeper.recall()).toContain('the disk has not answered');
    expect(putAside).toBe(0);
  });

  it('holds nobody up, and what it holds is left as it is', async () => {
    const stateDir = temporaryDirectory();
    await afterAnHour(stateDir);
    const disk = createDisk();
    void disk.attempt('frozen', 1, () => new Promise(() => {}));
    const agent = agentIn(stateDir, {}, disk);
    expect(await agent.keeper.recall()).toContain('learned anew');
    await agent.run(15);
    agent.keeper.keep();
    expect(await agent.keeper.flushed()).toBe(false);
    expect(existsSync(`${baselinesFile(stateDir)}.bad`)).toBe(false);
    expect(existsSync(baselinesFile(stateDir))).toBe(true);
    agent.watch.release?.();
  });
});
