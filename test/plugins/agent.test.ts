import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, onBench, openBench, type RunningAgent, startAgent } from '../support/agent.ts';
import { installedModules, installedScripts } from '../support/plugin-site.ts';
import { writeTool } from '../support/temporary.ts';

const SOON = { timeout: 20_000, interval: 200 };

describe.sequential('an agent with plugins', () => {
  let bench: Bench;
  let agent: RunningAgent;
  let directory: string;
  let config: string;
  const configure = (executables: object): void =>
    writeFileSync(config, JSON.stringify({ plugins: { directory, every: '10s', executables } }));
  const script = (name: string, more: object = {}) => ({
    command: join(bench.stateDir, '..', 'scripts', name),
    protocol: 'nagios',
    ...more,
  });
  const check = async (id: string) => (await agent.status()).checks.find((one) => one.id === id);

  beforeAll(async () => {
    bench = await openBench('hgx-h100-8');
    const home = join(bench.stateDir, '..');
    config = join(home, 'muster.yaml');
    installedScripts(join(home, 'scripts'));
    directory = installedModules(join(home, 'checks.d'), (name) => name === 'good.mjs' || name === 'loop.mjs');
    configure({ 'lab/critical': script('critical'), 'lab/later': script('hangs', { timeout: '1s' }) });
    agent = await startAgent(bench.env, { args: ['--config', config] });
  }, 60_000);
  afterAll(async () => {
    agent?.process.kill('SIGKILL');
    await bench.close();
  });

  it('judges by them, with the rest', async () => {
    await expect.poll(async () => (await check('lab/good'))?.findings.length, SOON).toBe(1);
    await expect.poll(async () => (await check('lab/critical'))?.severity, SOON).toBe('CRITICAL');
    await expect.poll(async () => (await check('lab/later'))?.reason, SOON).toMatch(/hangs: no answer in 1 s/);
    await expect.poll(async () => (await check('lab/loop'))?.reason, SOON).toMatch(/did not return within 5000 ms/);
    expect((await check('gpu/xid-errors'))?.severity).toBe('PASS');
    expect((await check('host/refused-plugins'))?.severity).toBe('PASS');
  }, 60_000);

  it('gives each check its series, and no other', async () => {
    const metrics = await agent.metrics();
    expect(metrics).toMatch(/^muster_check_status\{check="lab\/good",category="lab",state="critical"\} 1$/m);
    expect(metrics).toMatch(/^muster_source_up\{source="plugin-lab-critical"\} 1$/m);
    expect(metrics).toMatch(/^muster_source_up\{source="plugin-good\.mjs"\} 1$/m);
  });

  it('suppresses what they find as anything else', async () => {
    const asked = await onBench(bench, [
      'suppress',
      'lab/critical',
      '--for',
      '1h',
      '--reason',
      'known',
      '--owner',
      'me',
      '--config',
      config,
    ]);
    expect(asked).toMatchObject({ exitCode: 0 });
    await expect.poll(async () => (await check('lab/critical'))?.findings[0]?.suppressed_by, SOON).toMatch(/known/);
  });

  it('answers a validation from what it knows of them', async () => {
    const args = ['validate', '--max-age', '10m', '--only', 'lab/*', '-o', 'json', '--config', config];
    const ran = await onBench(bench, args);
    const report = JSON.parse(ran.stdout);
    expect(report.validation.source).toBe('daemon');
    expect(report.checks.map(({ id }: { id: string }) => id).sort()).toEqual([
      'lab/critical',
      'lab/good',
      'lab/later',
      'lab/loop',
    ]);
  });

  it('takes up on reload what was changed, added and removed', async () => {
    rmSync(join(directory, 'loop.mjs'));
    writeFileSync(
      join(directory, 'good.mjs'),
      readFileSync(join(directory, 'good.mjs'), 'utf8').replace('GPU 2 is bad', 'GPU 2 is worse'),
    );
    copyFileSync(join(directory, 'good.mjs'), join(directory, 'zoo.mjs'));
    chmodSync(join(directory, 'zoo.mjs'), 0o666);
    writeTool(join(bench.stateDir, '..', 'scripts'), 'critical', 'echo fine');
    configure({ 'lab/critical': script('critical'), 'lab/new': script('warning') });
    expect((await onBench(bench, ['control', 'reload'])).exitCode).toBe(0);
    await expect.poll(async () => (await check('lab/new'))?.severity, SOON).toBe('WARNING');
    await expect.poll(async () => (await check('lab/critical'))?.severity, SOON).toBe('PASS');
    await expect.poll(async () => (await check('lab/good'))?.findings[0]?.message, SOON).toBe('GPU 2 is worse');
    const ids = (await agent.status()).checks.map(({ id }) => id);
    expect(ids).not.toContain('lab/later');
    expect(ids).not.toContain('lab/loop');
    expect((await check('host/refused-plugins'))?.findings[0]?.message).toMatch(
      /zoo\.mjs: its group or others may write/,
    );
    expect(await agent.metrics()).not.toMatch(/plugin-lab-later|lab\/loop/);
  }, 60_000);

  it('leaves no facts behind', async () => {
    expect(await agent.end()).toBe(0);
    expect(readdirSync(bench.runtimeDir).filter((name) => name.startsWith('facts-'))).toEqual([]);
  });
});
