import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checks } from '../../checks/index.ts';
import type { Host } from '../../src/api.ts';
import { createCollectors } from '../../src/collectors/index.ts';
import { neededCollectors } from '../../src/engine/one-shot.ts';
import { createMachineHost } from '../../src/host/machine.ts';
import { MACHINE_NAMES } from '../../src/mock/machines.ts';
import { resolveMock } from '../../src/mock/resolve.ts';
import { type MockSession, startMock } from '../../src/mock/session.ts';
import { renderWorld } from '../../src/mock/world.ts';
import { readNvidiaSmi } from '../../src/parse/nvidia-smi/read.ts';

/** Prints each figure beside its budget. Nothing fails here: the machine that runs it decides how fast it is. */

const main = join(dirname(fileURLToPath(import.meta.url)), 'main.js');
const minutes = Number(
  process.argv.find((argument) => argument.startsWith('--minutes='))?.slice('--minutes='.length) ?? 5,
);
const PORT = 19_780;

const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};
const median = (values: readonly number[]): number => quantile(values, 0.5);
const row = (what: string, figure: string, budget = ''): void => {
  process.stdout.write(`${what.padEnd(58)} ${figure.padStart(26)}   ${budget}\n`);
};
const ms = (value: number): string => `${value.toFixed(1)} ms`;

const timed = (work: () => void): number => {
  const started = performance.now();
  work();
  return performance.now() - started;
};

const repeat = (times: number, work: () => void): number[] => Array.from({ length: times }, () => timed(work));

const spawned = (file: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number =>
  timed(() => spawnSync(file, args, { env, stdio: 'ignore' }));

// --- parsing ---------------------------------------------------------------------------------------------------

/** The shape of a Blackwell workstation's `supported_clocks`: 100 kB of text per GPU that nobody reads. */
const supportedClocks = (): string => {
  const graphics = Array.from(
    { length: 380 },
    (_, i) => `\t\t\t\t<supported_graphics_clock>${2500 - i * 6} MHz</supported_graphics_clock>\n`,
  ).join('');
  const memory = (clock: number): string =>
    `\t\t\t<supported_mem_clock>\n\t\t\t\t<value>${clock} MHz</value>\n${graphics}\t\t\t</supported_mem_clock>\n`;
  return `\t\t<supported_clocks>\n${[14001, 13801, 7001, 810].map(memory).join('')}\t\t</supported_clocks>\n`;
};

const parsing = (): void => {
  const mock = resolveMock('hgx-h100-8');
  if (!mock.ok) throw new Error(mock.error);
  const tree = renderWorld({ ...mock.value, seed: 'bench', startMs: 0, atMs: 0 });
  const slim = (tree.get('commands/nvidia-smi_-q_-x.out') ?? '').replaceAll(
    /\t*<supported_clocks>[\s\S]*?<\/supported_clocks>\n/g,
    '',
  );
  const full = slim.replaceAll('</gpu>', `${supportedClocks()}\t</gpu>`);
  for (const [name, stdout] of [
    ['without', slim],
    ['with', full],
  ] as const) {
    const parse = (): void => void readNvidiaSmi({ exitCode: 0, stdout, stderr: '' });
    repeat(20, parse);
    row(
      `parse nvidia-smi -q -x, 8 GPUs, ${name} supported_clocks (${Math.round(stdout.length / 1024)} kB)`,
      ms(median(repeat(50, parse))),
    );
  }
};

// --- one-shot commands -----------------------------------------------------------------------------------------

/** What `validate --level quick` runs on a simulated machine, each tool with its arguments. */
const toolsOfQuick = async (mock: MockSession): Promise<readonly (readonly [string, readonly string[]])[]> => {
  const { sysfsRoot, procRoot, kmsg, env } = mock;
  const host = createMachineHost({ sysfsRoot, procRoot, kmsg, path: env.PATH });
  const asked: [string, readonly string[]][] = [];
  const noting: Host = {
    ...host,
    run: (tool, args, o) => {
      asked.push([tool, args]);
      return host.run(tool, args, o);
    },
  };
  const collectors = neededCollectors(
    createCollectors({ inventoryCommand: { file: '', args: [] } }).filter(({ id }) => id !== 'inventory'),
    checks.filter(({ contexts }) => contexts.includes('prejob')),
  );
  for (const collector of collectors) await collector.collect(noting, AbortSignal.timeout(10_000));
  host.close();
  return asked;
};

const commands = async (): Promise<void> => {
  const bare = median(repeat(15, () => void spawnSync(process.execPath, ['-e', '0'])));
  row('node -e 0', ms(bare));
  const help = median(repeat(15, () => void spawnSync(process.execPath, [main, '--help'], { stdio: 'ignore' })));
  row('muster --help', ms(help), `${(help / bare).toFixed(2)} x bare Node`);

  const session = await startMock({
    spec: 'hgx-h100-8',
    command: { file: process.execPath, args: [main, 'mock-owner'] },
  });
  if (!session.ok) throw new Error(session.error);
  const env = { ...process.env, ...session.value.env };
  const tools = await toolsOfQuick(session.value);
  const totals: number[] = [];
  const shares: number[] = [];
  const toolTimes: number[] = [];
  for (let i = 0; i < 15; i++) {
    const spent = tools.reduce((sum, [tool, args]) => sum + spawned(join(session.value.binDir, tool), args, env), 0);
    const start = spawned(process.execPath, ['-e', '0']);
    const total = spawned(process.execPath, [main, 'validate', '--level', 'quick', '-o', 'json'], env);
    toolTimes.push(spent);
    totals.push(total);
    shares.push(total - spent - start);
  }
  row('validate --level quick, 8 GPUs: total', ms(median(totals)));
  row(`  its ${tools.length} tools, one after the other`, ms(median(toolTimes)));
  row('  our share beyond bare Node', ms(median(shares)), 'budget 150 ms');
  await session.value.stop();
};

// --- the agent -------------------------------------------------------------------------------------------------

const processStat = (pid: number): { cpuSeconds: number; rssMB: number } | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    // Fields 14 and 15 of proc(5), in ticks of 1/100 s.
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, rssMB: Number(rss ?? 0) / 1024 };
  } catch {
    return undefined;
  }
};

const fetchOnce = (url: string): Promise<{ milliseconds: number; body: string }> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    get(url, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ milliseconds: performance.now() - started, body }));
    }).on('error', reject);
  });

const scrapes = async (url: string, count: number): Promise<number[]> => {
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push((await fetchOnce(url)).milliseconds);
  return times;
};

const waitFor = async (url: string): Promise<void> => {
  for (let i = 0; i < 200; i++) {
    const ready = await fetchOnce(url).then(
      ({ body }) => body.length > 0,
      () => false,
    );
    if (ready) return;
    await sleep(100);
  }
  throw new Error(`${url} never answered`);
};

const peer = async (): Promise<void> => {
  const file = '/usr/bin/prometheus-node-exporter';
  if (!existsSync(file)) {
    row('prometheus-node-exporter /metrics', 'not installed');
    return;
  }
  const child = spawn(file, ['--web.listen-address=127.0.0.1:19100'], { stdio: 'ignore' });
  await waitFor('http://127.0.0.1:19100/metrics');
  const times = await scrapes('http://127.0.0.1:19100/metrics', 200);
  child.kill();
  row('prometheus-node-exporter /metrics p50 / p99', `${ms(median(times))} / ${ms(quantile(times, 0.99))}`);
};

const agent = async (): Promise<void> => {
  const child = spawn(
    process.execPath,
    [main, 'agent', '--mock', 'hgx-h100-8+busy', '--web.listen', `127.0.0.1:${PORT}`],
    {
      stdio: ['ignore', 'ignore', 'ignore'],
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('the agent did not start');
  const url = `http://127.0.0.1:${PORT}`;
  await waitFor(`${url}/metrics`);
  await sleep(3000);
  const before = processStat(pid);
  await sleep(minutes * 60_000);
  const after = processStat(pid);
  if (before !== undefined && after !== undefined) {
    const share = ((after.cpuSeconds - before.cpuSeconds) / (minutes * 60)) * 100;
    row(`agent over ${minutes} min: CPU, without the tools`, `${share.toFixed(2)} % of a core`, 'budget 0.5 %');
    row('agent: RSS', `${after.rssMB.toFixed(0)} MB`, 'budget 100 MB on Node 20, 120 MB as shipped');
  }
  const times = await scrapes(`${url}/metrics`, 200);
  row(
    'agent /metrics p50 / p99',
    `${ms(median(times))} / ${ms(quantile(times, 0.99))}`,
    'budget: p99 of node_exporter below',
  );
  const { body } = await fetchOnce(`${url}/metrics`);
  row(
    'agent: series',
    String(body.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length),
    'budget 1200',
  );
  const rss = processStat(pid);
  if (rss !== undefined) row('agent: RSS after 200 scrapes', `${rss.rssMB.toFixed(0)} MB`);
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
};

process.stdout.write(`Node ${process.version}, ${MACHINE_NAMES.length} simulated machines; medians\n\n`);
parsing();
await commands();
await agent();
await peer();
