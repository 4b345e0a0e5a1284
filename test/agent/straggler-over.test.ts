import { describe, expect, it } from 'vitest';
import laggingGpu from '../../checks/straggler/lagging-gpu.ts';
import { absent } from '../../src/api.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { FindingChange, Snapshot } from '../../src/engine/snapshot.ts';
import { START, stragglerNode } from '../support/straggler-node.ts';

/** A node with its agent's engine, which judges once a minute. */
const agentOn = (o: Parameters<typeof stragglerNode>[0]) => {
  const node = stragglerNode(o);
  const engine = createEngine({
    host: node.host,
    node: { name: 'n1', bootId: 'b', bootedAt: START - 86_400_000 },
    checks: [laggingGpu],
    settings: {
      siteProfiles: [],
      checks: {},
      optionalSources: new Set(),
      nicRoles: [],
      kernelLogTrust: 'kernel',
    },
    abandoned: { count: () => 0, oldestSeconds: () => 0 },
  });
  const told: FindingChange[] = [];
  let last: Snapshot | undefined;
  const judge = async (): Promise<void> => {
    await engine.collect(node.watch, 10_000);
    last = engine.assess({ context: 'continuous', lifetimes: 'observe' });
    told.push(...last.changes);
  };
  return {
    ...node,
    run: async (minutes: number, isPrinting = true): Promise<void> => {
      await node.run(minutes, isPrinting, judge);
    },
    raised: (): readonly string[] =>
      last?.checks[0]?.findings.map(({ component, code }) => `gpu${component.index} ${code}`) ?? [],
    /** As `muster validate` asks the agent. */
    validated: () => engine.assess({ context: 'prejob', lifetimes: 'show' }).overall,
    said: (): readonly string[] =>
      told.map(({ type, finding: { component, code }, reason }) =>
        [type, `gpu${component.index}`, code, reason].filter((word) => word !== undefined).join(' '),
      ),
  };
};

describe('a GPU that held its job back', () => {
  it.each([
    ['a job that Slurm names', {}],
    ['a job of which nothing tells', { hasNoJobManager: true }],
  ] as const)('of %s is laid to rest a quarter of an hour later, for a validation too', async (_, o) => {
    const agent = agentOn({ slowGpu: 2, ...o });
    await agent.run(40);
    const [accusation] = agent.raised();
    expect(accusation).toMatch(/^gpu2 (likely|confirmed)$/);
    expect(agent.validated()).toMatch(/WARNING|CRITICAL/);
    agent.endJob();
    await agent.run(10);
    expect(agent.raised()).toEqual([accusation]);
    await agent.run(20);
    expect(agent.raised()).toEqual([]);
    expect(agent.said().at(-1)).toBe(
      `finding_cleared ${accusation} not seen for 15 min: nothing is left to judge it by`,
    );
    expect(agent.validated()).not.toMatch(/WARNING|CRITICAL/);
    agent.watch.release?.();
  });

  it('is acquitted by its peers where it has got well', async () => {
    const agent = agentOn({ slowGpu: 2 });
    await agent.run(40);
    agent.heal();
    // The detector looks back an hour and a half for what comes and goes.
    await agent.run(120);
    expect(agent.raised()).toEqual([]);
    expect(agent.said().at(-1)).toMatch(/^finding_cleared gpu2 \w+ it passed$/);
    agent.watch.release?.();
  });

  it('stays accused while the tool does not answer', async () => {
    const agent = agentOn({ slowGpu: 2 });
    await agent.run(40);
    const before = agent.raised();
    expect(before).toHaveLength(1);
    await agent.fail(absent('timeout', 'nvidia-smi: said nothing for 25 s'));
    await agent.run(30, false);
    expect(agent.raised()).toEqual(before);
    agent.watch.release?.();
  });
});
