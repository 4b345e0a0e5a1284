import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { entry, muster, PATH, processesNaming, type Sandbox, sandboxes } from '../support/cli.ts';

const isVerdict = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(readFileSync(new URL('../../src/report/verdict.schema.json', import.meta.url), 'utf8')) as object,
);
const havePromtool = spawnSync('promtool', ['--version']).status === 0;
const sandbox = sandboxes();

/** A kernel line or a first round reaches the outside within seconds; a busy machine gets more. */
const SOON = { timeout: 15_000, interval: 200 };
/** The budget is 2 s; a busy machine gets more. */
const STOP_LIMIT_SECONDS = 5;

interface Agent {
  readonly url: string;
  readonly place: Sandbox;
  readonly process: ChildProcess;
  readonly log: () => string;
  /** Asks it to stop; answers how it ended. */
  stop(): Promise<{ readonly exitCode: number | null; readonly seconds: number }>;
}

const agents: Agent[] = [];
afterAll(() => {
  for (const { process: child } of agents) child.kill('SIGKILL');
});

const startAgent = async (
  mock: string,
  env: (place: Sandbox) => Readonly<Record<string, string>> = () => ({}),
): Promise<Agent> => {
  const place = sandbox();
  const child = spawn(process.execPath, [entry(), 'agent', '--mock', mock, '--web.listen', '127.0.0.1:0'], {
    env: { ...place.env, PATH, ...env(place) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const exited = once(child, 'exit');
  for (let waited = 0; !log.includes('serving on http:'); waited += 50) {
    if (child.exitCode !== null || waited > 20_000) throw new Error(`the agent does not serve: ${log}`);
    await sleep(50);
  }
  const agent: Agent = {
    url: /serving on (http:\/\/[0-9.:]+)/.exec(log)?.[1] ?? '',
    place,
    process: child,
    log: () => log,
    stop: async () => {
      const startedMs = performance.now();
      child.kill('SIGTERM');
      const [exitCode] = (await exited) as [number | null];
      return { exitCode, seconds: (performance.now() - startedMs) / 1000 };
    },
  };
  agents.push(agent);
  return agent;
};

const get = async (agent: Agent, path: string): Promise<{ status: number; body: string }> => {
  const response = await fetch(`${agent.url}${path}`);
  return { status: response.status, body: await response.text() };
};

const statusOf = async (agent: Agent): Promise<VerdictReport> =>
  JSON.parse((await get(agent, '/api/v1/status')).body) as VerdictReport;

const mockDirectory = ({ temporary }: Sandbox): string => join(temporary, readdirSync(temporary)[0] ?? '');

/** A record of /dev/kmsg (Documentation/ABI/testing/dev-kmsg in the kernel): facility 0, level 3. */
const kernelRecord = (sequence: number, secondsAfterBoot: number, text: string): string =>
  `3,${sequence},${Math.round(secondsAfterBoot * 1e6)},-;${text}\n`;

describe.sequential('an agent on a healthy machine', () => {
  let agent: Agent;
  beforeAll(async () => {
    agent = await startAgent('hgx-h100-8', ({ dir }) => {
      const kmsg = join(dir, 'kmsg');
      writeFileSync(kmsg, kernelRecord(1, 0.5, 'Linux version 6.8.0'));
      return { MUSTER_KMSG: kmsg };
    });
  });

  it('is alive at once and ready after its first evaluation', async () => {
    expect(await get(agent, '/-/healthy')).toMatchObject({ status: 200 });
    await expect.poll(async () => (await get(agent, '/-/ready')).status, SOON).toBe(200);
    for (const path of ['/healthz', '/livez', '/readyz']) expect(await get(agent, path)).toMatchObject({ status: 200 });
    expect(await get(agent, '/no/such/page')).toMatchObject({ status: 404 });
  });

  it('says everywhere that the machine is simulated', async () => {
    expect(agent.log()).toContain('SIMULATED MACHINE: hgx-h100-8');
    expect((await get(agent, '/')).body).toContain('SIMULATED MACHINE hgx-h100-8');
    expect((await get(agent, '/metrics')).body).toMatch(/^muster_node_info\{[^}]*mock="true"[^}]*\} 1$/m);
    expect((await statusOf(agent)).node.mock).toBe(true);
  });

  it('answers with a verdict by the schema', async () => {
    const verdict = await statusOf(agent);
    expect(isVerdict(verdict), JSON.stringify(isVerdict.errors)).toBe(true);
    expect(verdict).toMatchObject({ ready: true, validation: { source: 'daemon' }, checks: expect.any(Array) });
  });

  it('has every source up and the eight GPUs in its metrics', async () => {
    const { body } = await get(agent, '/metrics');
    const sources = [...body.matchAll(/^muster_source_up\{source="([^"]+)"\} ([01])$/gm)];
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter(([, , up]) => up !== '1').map(([, source]) => source)).toEqual([]);
    expect(body.match(/^muster_gpu_info\{/gm)).toHaveLength(8);
    expect(body).toMatch(/^muster_node_status\{state="healthy"\} 1$/m);
  });

  it.skipIf(!havePromtool)('has metrics that promtool finds clean (where it is installed)', async () => {
    const { body } = await get(agent, '/metrics');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  it('answers validate --max-age from what it knows, and not when that is too old', async () => {
    const { env } = agent.place;
    const same = {
      ...env,
      PATH: join(mockDirectory(agent.place), 'bin'),
      MUSTER_PROC_ROOT: join(mockDirectory(agent.place), 'proc'),
    };
    const ask = async (maxAge: string): Promise<{ verdict: VerdictReport; stderr: string }> => {
      const { stdout, stderr } = await muster(
        ['validate', '--level', 'quick', '--max-age', maxAge, '-o', 'json'],
        same,
      );
      return { verdict: JSON.parse(stdout) as VerdictReport, stderr };
    };
    await expect.poll(async () => (await ask('60s')).verdict.validation.source, SOON).toBe('daemon');
    const { verdict, stderr } = await ask('60s');
    expect(stderr).toBe('');
    expect(isVerdict(verdict), JSON.stringify(isVerdict.errors)).toBe(true);
    expect(verdict).toMatchObject({ ready: true, node: { mock: true } });
    expect(verdict.validation.age_seconds).toBeLessThan(60);
    const tooOld = await ask('1ms');
    expect(tooOld.verdict.validation.source).toBe('run');
    expect(tooOld.stderr).toMatch(
      /^muster: the muster agent has no verdict: [^\n]+ older than 0\.001 s; judging without it\n$/,
    );
  });

  it('does not share its port', async () => {
    const place = sandbox();
    const address = agent.url.replace('http://', '');
    const { exitCode, stdout, stderr } = await muster(['agent', '--web.listen', address], {
      ...place.env,
      PATH: place.dir,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^muster: listen EADDRINUSE ${address}: [^\\n]+\\n$`));
  });

  it('reports an Xid within seconds of its kernel line', async () => {
    const stat = readFileSync(join(mockDirectory(agent.place), 'proc/stat'), 'utf8');
    const uptime = Date.now() / 1000 - Number(/^btime ([0-9]+)$/m.exec(stat)?.[1]);
    const text = 'NVRM: Xid (PCI:0000:1b:00): 79, pid=4242, name=python3, GPU has fallen off the bus.';
    appendFileSync(join(agent.place.dir, 'kmsg'), kernelRecord(2, uptime, text));
    await expect
      .poll(async () => (await get(agent, '/metrics')).body, SOON)
      .toMatch(/^muster_finding_active\{[^}]*check="gpu\/xid-errors"[^}]*\} 1$/m);
    const verdict = await statusOf(agent);
    expect(verdict).toMatchObject({ ready: false, overall_severity: 'CRITICAL' });
    const xids = verdict.checks.find(({ id }) => id === 'gpu/xid-errors');
    expect(xids?.findings).toMatchObject([
      { severity: 'CRITICAL', component: { index: 0, pci_bus_id: '00000000:1B:00.0' } },
    ]);
    expect((await get(agent, '/metrics')).body).toMatch(
      /^muster_gpu_xid_last_timestamp_seconds\{[^}]*xid="79"[^}]*\} [0-9.e+]+$/m,
    );
    expect((await get(agent, '/')).body).toContain('Xid 79');
    // Liveness is about the agent, never about the GPUs.
    expect(await get(agent, '/-/healthy')).toMatchObject({ status: 200 });
  });

  it('stops cleanly and takes the simulation with it', async () => {
    const { exitCode, seconds } = await agent.stop();
    expect(exitCode).toBe(0);
    expect(seconds).toBeLessThan(STOP_LIMIT_SECONDS);
    expect(readdirSync(agent.place.temporary)).toEqual([]);
    expect(processesNaming(agent.place.temporary)).toEqual([]);
    const lines = agent
      .log()
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toContain('stopping');
  });
});

describe('an agent whose nvidia-smi hangs', () => {
  it('is alive but not ready yet, and stops within its budget all the same', async () => {
    const agent = await startAgent('hgx-h100-8+hung-smi');
    await expect.poll(() => processesNaming(agent.place.temporary).join('\n'), SOON).toMatch(/sleep 86400/);
    expect(await get(agent, '/-/healthy')).toMatchObject({ status: 200 });
    for (const path of ['/-/ready', '/metrics', '/api/v1/status', '/'])
      expect(await get(agent, path)).toMatchObject({ status: 503 });
    const { exitCode, seconds } = await agent.stop();
    expect(exitCode).toBe(0);
    expect(seconds).toBeLessThan(STOP_LIMIT_SECONDS);
    expect(readdirSync(agent.place.temporary)).toEqual([]);
    expect(processesNaming(agent.place.temporary)).toEqual([]);
  });
});
