import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Bench, onBench, openBench, type RunningAgent, seriesValue, startAgent } from '../support/agent.ts';

const SOON = { timeout: 20_000, interval: 100 };
const ADMIN = ['--owner', 'ops'];

const opened: { agents: RunningAgent[]; benches: Bench[] } = { agents: [], benches: [] };
afterEach(async () => {
  for (const { process: child } of opened.agents.splice(0)) child.kill('SIGKILL');
  for (const bench of opened.benches.splice(0)) await bench.close();
});

const bench = async (spec: string, env: Readonly<Record<string, string>> = {}): Promise<Bench> => {
  const one = await openBench(spec, env);
  opened.benches.push(one);
  return one;
};
const agentOn = async ({ env }: Bench, args: readonly string[] = []): Promise<RunningAgent> => {
  const one = await startAgent(env, { args });
  opened.agents.push(one);
  await expect.poll(async () => (await one.get('/-/ready')).status, SOON).toBe(200);
  return one;
};

const raised = (events: readonly { type: string; code?: string }[]): (string | undefined)[] =>
  events.filter(({ type }) => type === 'finding_raised').map(({ code }) => code);
const findings = async (agent: RunningAgent): Promise<string[]> =>
  (await agent.status()).checks.flatMap((check) => check.findings.map(({ code }) => code));

describe('a restart of the agent', () => {
  it('neither repeats nor loses an event, however the agent ended', async () => {
    const on = await bench('hgx-h100-8+xid79@gpu3');
    const first = await agentOn(on);
    await expect.poll(async () => raised(await first.events()), SOON).toEqual(['fatal-xid']);
    const [before] = (await first.status()).checks.flatMap((check) => check.findings);
    await first.end('SIGKILL');

    const second = await agentOn(on);
    await expect.poll(() => findings(second), SOON).toEqual(['fatal-xid']);
    const [after] = (await second.status()).checks.flatMap((check) => check.findings);
    expect(after?.first_seen).toBe(before?.first_seen);
    expect((await on.machine.inject('xid48@gpu1')).ok).toBe(true);
    await expect.poll(async () => raised(await second.events()), SOON).toEqual(['fatal-xid', 'reset-xid']);
    expect(await second.end()).toBe(0);

    const third = await agentOn(on);
    await expect.poll(() => findings(third), SOON).toEqual(['fatal-xid', 'reset-xid']);
    const events = await third.events();
    expect(raised(events)).toEqual(['fatal-xid', 'reset-xid']);
    expect(events.filter(({ type }) => type === 'kernel_event')).toHaveLength(2);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i + 1));
    expect(seriesValue(await third.metrics(), 'muster_events_total')).toBe(events.length);
  });

  it('keeps what is in the kernel log no more', async () => {
    const on = await bench('hgx-h100-8+xid79@gpu3');
    const first = await agentOn(on);
    await expect.poll(() => findings(first), SOON).toEqual(['fatal-xid']);
    await expect.poll(() => readFileSync(join(on.stateDir, 'state.json'), 'utf8'), SOON).toContain('fatal-xid');
    await first.end('SIGKILL');

    const withoutLog = { ...on, env: { ...on.env, MUSTER_KMSG: join(on.machine.dir, 'other-kmsg') } };
    const newest = readFileSync(on.machine.kmsg, 'utf8').trimEnd().split('\n').at(-1) ?? '';
    const sequence = Number(newest.split(',')[1]);
    // The ring went on and has overwritten everything up to here.
    writeFileSync(withoutLog.env.MUSTER_KMSG, `6,${sequence + 500},999999999999,-;something else\n`);
    const second = await agentOn(withoutLog);
    await expect.poll(() => findings(second), SOON).toEqual(['fatal-xid']);
    const metrics = await second.metrics();
    expect(seriesValue(metrics, 'muster_kernel_log_lost_records_total')).toBe(499);
    expect((await second.events('type=kernel_log_gap'))[0]?.message).toContain('499 kernel records');
  });
});

describe('a state that cannot be used', () => {
  it('is put aside, said, and made up for by the events of this boot', async () => {
    const on = await bench('hgx-h100-8+xid79@gpu3');
    const first = await agentOn(on);
    await expect.poll(() => findings(first), SOON).toEqual(['fatal-xid']);
    await expect.poll(() => existsSync(join(on.stateDir, 'state.json')), SOON).toBe(true);
    await first.end('SIGKILL');
    writeFileSync(join(on.stateDir, 'state.json'), '{"schema_version":1,"lastEventId":3,"engine":{"kernel":{}}}');

    const second = await agentOn(on);
    await expect.poll(() => findings(second), SOON).toEqual(['fatal-xid']);
    expect((await second.events('type=memory_lost'))[0]?.message).toContain('state.json.bad');
    expect(raised(await second.events())).toEqual(['fatal-xid']);
    expect(existsSync(join(on.stateDir, 'state.json.bad'))).toBe(true);
  });
});

describe('a GPU reset while no agent runs', () => {
  it('is seen by the next one', async () => {
    const on = await bench('hgx-h100-8+xid48@gpu1');
    await on.machine.inject('ecc@gpu1');
    const first = await agentOn(on);
    await expect.poll(() => findings(first), SOON).toContain('reset-xid');
    await onBench(on, ['control', 'collect']);
    await first.end();
    await on.machine.inject('gpu-reset@gpu1');
    const second = await agentOn(on);
    await expect.poll(async () => (await second.events('type=gpu_reset')).length, SOON).toBe(1);
    expect(await findings(second)).not.toContain('reset-xid');
  });
});

describe('an acknowledgement', () => {
  it('lays an Xid to rest for the agent, its successors, and runs without one', async () => {
    const on = await bench('hgx-h100-8+xid79@gpu3');
    const first = await agentOn(on);
    await expect.poll(() => findings(first), SOON).toEqual(['fatal-xid']);
    expect(await onBench(on, ['ack', 'gpu3', 'gpu/xid-errors', '--reason', 'board replaced', ...ADMIN])).toMatchObject({
      exitCode: 0,
    });
    expect(await findings(first)).toEqual([]);
    await first.end('SIGKILL');

    const second = await agentOn(on);
    await expect.poll(async () => (await second.status()).overall_severity, SOON).toBe('PASS');
    expect((await second.events('type=acknowledged'))[0]).toMatchObject({ owner: 'ops', reason: 'board replaced' });
    await second.end();
    expect(await onBench(on, ['validate', '--level', 'quick'])).toMatchObject({ exitCode: 0 });

    await on.machine.inject('xid79@gpu3');
    expect(await onBench(on, ['validate', '--level', 'quick'])).toMatchObject({ exitCode: 1 });
  });

  it('is refused, as a suppression is, for a number that two GPUs have: the driver counts those that it sees', async () => {
    const on = await bench('hgx-h100-8');
    const agent = await agentOn(on);
    await on.machine.inject('missing@gpu3');
    await onBench(on, ['control', 'collect']);
    await expect.poll(() => findings(agent), SOON).toContain('not-in-driver');
    for (const asked of [
      ['suppress', 'gpu/*', 'gpu3', '--for', '1h'],
      ['ack', 'gpu3'],
    ]) {
      const { exitCode, stderr } = await onBench(on, [...asked, '--reason', 'x', ...ADMIN]);
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(
          /gpu3 means GPU-\S+ at \S+ and GPU-\S+ at \S+; name one by its UUID or its PCI address/,
        ),
      });
    }
    const [, uuid = ''] =
      /means (GPU-\S+)/.exec((await onBench(on, ['ack', 'gpu3', '--reason', 'x', ...ADMIN])).stderr) ?? [];
    const named = await onBench(on, ['suppress', 'gpu/*', uuid, '--for', '1h', '--reason', 'x', ...ADMIN]);
    expect(named).toMatchObject({ exitCode: 0 });
  });

  it('is refused for what is there at this moment, and for nothing at all', async () => {
    const on = await bench('hgx-h100-8+ib-down@mlx5_2');
    const agent = await agentOn(on);
    await onBench(on, ['control', 'collect']);
    await expect.poll(() => findings(agent), SOON).toContain('down');
    const refused = await onBench(on, ['ack', 'mlx5_2', 'network/link-down', '--reason', 'x', ...ADMIN]);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('is there at this moment');
    const nothing = await onBench(on, ['ack', 'gpu0', '--reason', 'x', ...ADMIN]);
    expect(nothing.stderr).toContain('nothing of this kind is raised');
    const nobody = await onBench(on, ['ack', 'gpu9', '--reason', 'x', ...ADMIN]);
    expect(nobody.stderr).toContain('there is no gpu9 here; this node has');
    const slip = await onBench(on, [
      'suppress',
      'network/link-down',
      'mlx5_77',
      '--for',
      '1h',
      '--reason',
      'x',
      ...ADMIN,
    ]);
    expect(slip.exitCode).toBe(1);
  });
});

describe('a suppression', () => {
  it('takes a finding out of the count until it ends or is taken back, over a restart', async () => {
    const on = await bench('hgx-h100-8+xid79@gpu3');
    const first = await agentOn(on);
    await expect.poll(async () => (await first.status()).ready, SOON).toBe(false);
    const suppressed = await onBench(on, [
      'suppress',
      'gpu/xid-errors',
      'gpu3',
      '--for',
      '1h',
      '--reason',
      'known',
      ...ADMIN,
    ]);
    expect(suppressed).toMatchObject({ exitCode: 0 });
    expect(await first.status()).toMatchObject({ ready: true });
    expect(seriesValue(await first.metrics(), 'muster_node_status{state="healthy"}')).toBe(1);
    await first.end('SIGKILL');

    const second = await agentOn(on);
    await expect.poll(() => findings(second), SOON).toEqual(['fatal-xid']);
    expect(await second.status()).toMatchObject({ ready: true });
    const prometheus = await onBench(on, ['validate', '--max-age', '60s', '-o', 'prometheus']);
    expect(prometheus).toMatchObject({ exitCode: 0, stderr: '' });
    const other = await onBench(on, ['validate', '--level', 'quick', '--max-age', '60s', '--machine', 'gb200-nvl72']);
    expect(other.stderr).toContain('judges a hgx-h100-8, not a gb200-nvl72; judging without it');
    expect(other.exitCode).toBe(1);
    expect(seriesValue(await second.metrics(), 'muster_suppressed_findings')).toBe(1);
    expect(await onBench(on, ['unsuppress', 'gpu/xid-errors', 'gpu3', ...ADMIN])).toMatchObject({ exitCode: 0 });
    expect(await second.status()).toMatchObject({ ready: false });
  });
});

describe('a GPU reset', () => {
  it('ends what a reset cures and nothing else', async () => {
    const on = await bench('hgx-h100-8+xid48@gpu1+xid79@gpu3');
    const agent = await agentOn(on);
    await expect.poll(() => findings(agent), SOON).toEqual(expect.arrayContaining(['reset-xid', 'fatal-xid']));
    // A counter that can fall is a counter that has risen.
    await on.machine.inject('ecc@gpu1');
    await onBench(on, ['control', 'collect']);
    await on.machine.inject('gpu-reset@gpu1');
    await expect
      .poll(async () => {
        await onBench(on, ['control', 'collect']);
        return (await agent.events('type=gpu_reset')).length;
      }, SOON)
      .toBe(1);
    expect(await findings(agent)).not.toContain('reset-xid');
    expect(await findings(agent)).toContain('fatal-xid');
    const cleared = await agent.events('type=finding_cleared&check=gpu/xid-errors');
    expect(cleared[0]).toMatchObject({ code: 'reset-xid', reason: 'the GPU was reset' });
  });
});
