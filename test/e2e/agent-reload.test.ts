import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, onBench, openBench, type RunningAgent, seriesValue, startAgent } from '../support/agent.ts';

const SOON = { timeout: 20_000, interval: 100 };
const dir = mkdtempSync(join(tmpdir(), 'muster-reload-'));
const file = join(dir, 'muster.yaml');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe.sequential('an agent whose configuration changes', () => {
  let bench: Bench;
  let agent: RunningAgent;
  beforeAll(async () => {
    writeFileSync(file, 'checks:\n  gpu/xid-errors: {mode: enforce}\n');
    bench = await openBench('hgx-h100-8+xid79@gpu3');
    agent = await startAgent(bench.env, { args: ['--config', file] });
  });
  afterAll(async () => {
    agent.process.kill('SIGKILL');
    await bench.close();
  });
  const reloads = async (): Promise<number | undefined> =>
    seriesValue(await agent.metrics(), 'muster_config_last_reload_successful');

  it('judges by it from the start', async () => {
    await expect.poll(async () => (await agent.status()).ready, SOON).toBe(false);
    expect(await reloads()).toBe(1);
  });

  it('takes up a good one on SIGHUP, at once', async () => {
    writeFileSync(file, 'checks:\n  gpu/xid-errors: {mode: observe}\n');
    agent.process.kill('SIGHUP');
    await expect.poll(async () => (await agent.events('type=config_reloaded')).length, SOON).toBe(1);
    expect((await agent.status()).ready).toBe(true);
    expect(await agent.metrics()).toMatch(
      /^muster_observed_findings\{check="gpu\/xid-errors",severity="critical"\} 1$/m,
    );
  });

  it('refuses a bad one with its line, keeps the old one, and says so everywhere', async () => {
    writeFileSync(file, 'checks:\n  gpu/xid-errors: {mode: perhaps}\n');
    agent.process.kill('SIGHUP');
    await expect.poll(reloads, SOON).toBe(0);
    expect((await agent.events('type=config_refused'))[0]?.reason).toContain(`${file}:2:`);
    const status = await agent.status();
    expect(status.ready).toBe(true);
    expect(status.checks.find(({ id }) => id === 'host/agent-degraded')?.findings).toMatchObject([
      { code: 'configuration-refused', severity: 'WARNING' },
    ]);
    const asked = await onBench(bench, ['control', 'reload']);
    expect(asked.exitCode).toBe(1);
    expect(asked.stderr).toContain('the configuration is refused and the old one stays');
  });

  it('is whole again after a good one', async () => {
    writeFileSync(file, 'tools: {ibstat: /opt/ibstat}\nsources: {infiniband: {every: 1s}}\n');
    const asked = await onBench(bench, ['control', 'reload']);
    expect(asked).toMatchObject({ exitCode: 0 });
    expect(asked.stdout).toContain('tools change at the next start');
    expect(await reloads()).toBe(1);
    const status = await agent.status();
    expect(status.ready).toBe(false);
    expect(status.checks.find(({ id }) => id === 'host/agent-degraded')?.severity).toBe('PASS');
  });

  it('asks a source at its new interval', async () => {
    const lastAt = async () =>
      seriesValue(await agent.metrics(), 'muster_source_last_success_timestamp_seconds{source="infiniband"}');
    const before = await lastAt();
    await sleep(3500);
    // Thirty seconds were the interval before.
    expect(await lastAt()).toBeGreaterThan(before ?? Number.POSITIVE_INFINITY);
  });

  it('takes step times from jobs, and nothing else, on the other socket', async () => {
    const socket = connect(join(bench.runtimeDir, 'muster-job.sock'));
    socket.write('{"job_id":"7","rank":0,"step":1,"seconds":2.5}\n{"verb":"reload"}\n');
    const steps = async (result: string) => {
      await onBench(bench, ['control', 'collect']);
      return seriesValue(await agent.metrics(), `muster_job_steps_total{result="${result}"}`);
    };
    await expect.poll(() => steps('accepted'), SOON).toBe(1);
    expect(await steps('refused')).toBe(1);
    socket.destroy();
  });

  it('is the only one of its runtime directory', async () => {
    const second = startAgent({ ...bench.env, MUSTER_STATE_DIR: join(dir, 'state') });
    await expect(second).rejects.toThrow(/muster\.sock/);
    expect((await agent.get('/-/healthy')).status).toBe(200);
  });

  it('does not inject faults into a machine that it takes for a real one', async () => {
    const asked = await onBench(bench, ['control', 'inject', 'xid79@gpu1']);
    expect(asked.exitCode).toBe(1);
    expect(asked.stderr).toContain('simulated machines alone');
  });
});
