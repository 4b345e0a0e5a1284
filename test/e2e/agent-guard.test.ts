import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench, type RunningAgent, seriesValue, startAgent } from '../support/agent.ts';

/** The guard looks every ten seconds, first after up to twenty; what is shed goes stale after three intervals, at least ten seconds. */
const LATER = { timeout: 60_000, interval: 500 };

describe.sequential('an agent with less memory than it needs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-guard-'));
  let bench: Bench;
  let agent: RunningAgent;
  beforeAll(async () => {
    const file = join(dir, 'muster.yaml');
    const every = ['nvidia-smi-nvlink', 'nvidia-smi', 'infiniband'].map((source) => `  ${source}: {every: 2s}`);
    writeFileSync(file, `guard: {memory_mb: 60}\nsources:\n${every.join('\n')}\n`);
    bench = await openBench('hgx-h100-8');
    agent = await startAgent(bench.env, { args: ['--config', file] });
  });
  afterAll(async () => {
    agent.process.kill('SIGKILL');
    await bench.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('sheds optional sources before it is killed, and says so', { timeout: 70_000 }, async () => {
    await expect
      .poll(async () => seriesValue(await agent.metrics(), 'muster_source_shed{source="nvidia-smi-nvlink"}'), LATER)
      .toBe(1);
    const [shed] = await agent.events('type=sources_shed');
    expect(shed?.reason).toMatch(/^the agent takes \d+ MB of 60 MB of memory$/);
    const degraded = (await agent.status()).checks.find(({ id }) => id === 'host/agent-degraded');
    expect(degraded?.findings.map(({ code }) => code)).toEqual(['sources-shed']);
  });

  it('does not pass what it no longer asks, and goes on with the rest', { timeout: 70_000 }, async () => {
    const severityOf = async (id: string) => (await agent.status()).checks.find((check) => check.id === id)?.severity;
    await expect.poll(() => severityOf('gpu/nvlink-down'), LATER).toBe('UNKNOWN');
    expect(await severityOf('gpu/ecc-errors')).toBe('PASS');
    expect(await severityOf('network/link-down')).toBe('PASS');
  });
});
