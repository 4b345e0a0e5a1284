import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bench, onBench, openBench, type RunningAgent, startAgent } from '../support/agent.ts';

const SOON = { timeout: 20_000, interval: 100 };
/** The first window is a minute long. */
const A_WINDOW = { timeout: 150_000, interval: 5000 };

const opened: { agents: RunningAgent[]; benches: Bench[] } = { agents: [], benches: [] };
afterEach(async () => {
  for (const { process: child } of opened.agents.splice(0)) child.kill('SIGKILL');
  for (const bench of opened.benches.splice(0)) await bench.close();
});

const bench = async (spec: string): Promise<Bench> => {
  const one = await openBench(spec);
  opened.benches.push(one);
  return one;
};
const agentOn = async ({ env }: Bench): Promise<RunningAgent> => {
  const one = await startAgent(env);
  opened.agents.push(one);
  return one;
};

describe('an agent on a node with a job', () => {
  it('follows its GPUs, and leaves what it learned of them to the next one', async () => {
    const on = await bench('hgx-h100-8+busy+throttle@gpu3');
    const agent = await agentOn(on);
    const window = async (): Promise<string> => {
      await onBench(on, ['control', 'collect']);
      return agent.metrics();
    };
    await expect.poll(window, A_WINDOW).toMatch(/^muster_gpu_window_busy_ratio\{gpu="3",/m);
    const metrics = await agent.metrics();
    expect(metrics.match(/^muster_gpu_job_info\{.*job_id="4242"/gm)).toHaveLength(8);
    expect(metrics.match(/^muster_gpu_cause_active\{.*/gm)).toEqual([
      expect.stringMatching(/gpu="3",.*cause="thermal_throttle"\} 1$/),
    ]);
    // A minute accuses nobody.
    expect(metrics).not.toMatch(/^muster_gpu_straggler_level/m);
    expect(await agent.end()).toBe(0);
    const kept = readFileSync(join(on.stateDir, 'straggler-baselines.json'), 'utf8');
    const uuid = /^muster_gpu_info\{gpu="0",UUID="([^"]+)"/m.exec(metrics)?.[1] ?? 'no UUID';
    expect(kept).toContain(uuid);
  }, 180_000);

  it('says once that what an earlier one learned cannot be read, and goes on', async () => {
    const on = await bench('hgx-h100-8');
    const file = join(on.stateDir, 'straggler-baselines.json');
    mkdirSync(on.stateDir, { recursive: true });
    writeFileSync(file, '{"schema_version":1,"baselines":{"GPU-1":{"min');
    const agent = await agentOn(on);
    await expect.poll(async () => (await agent.get('/-/ready')).status, SOON).toBe(200);
    expect(agent.log().match(/what the GPUs of this node usually do cannot be read/g)).toHaveLength(1);
    expect(readFileSync(`${file}.bad`, 'utf8')).toContain('"GPU-1"');
    expect(await agent.end()).toBe(0);
  });
});
