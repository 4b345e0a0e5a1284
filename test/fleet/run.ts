import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeHistory } from './backfill.ts';
import { instant, startPrometheus } from './prometheus.ts';
import { serveFleet } from './server.ts';

/**
 * Prints what a fleet costs, beside its budget: `muster stragglers` on a history, then rules over live scrapes. Nothing
 * fails here: the machine that runs it decides how fast it is.
 */

const option = (name: string, otherwise: string): string =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const nodes = Number(option('nodes', '2048'));
const minutes = Number(option('minutes', '5'));
const main = resolve(option('main', 'dist/main.js'));
const rules = resolve('deploy/prometheus/stragglers.yml');
const directory = mkdtempSync(join(tmpdir(), 'muster-fleet-'));
const MINUTE_MS = 60_000;

const row = (what: string, figure: string, budget = ''): void => {
  process.stdout.write(`${what.padEnd(58)} ${figure.padStart(26)}   ${budget}\n`);
};

/** Of a process: what it has used since it started, from /proc (proc(5)). */
const residentMegabytes = (pid: number): number => {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
};
const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const stragglers = async (url: string, more: readonly string[], named: boolean): Promise<void> => {
  const seconds: number[] = [];
  let peak = 0;
  for (let run = 0; run < 5; run++) {
    const started = performance.now();
    const child = spawn(process.execPath, [main, 'stragglers', '--prometheus', url, ...more], { stdio: 'ignore' });
    const watch = setInterval(() => {
      try {
        peak = Math.max(peak, residentMegabytes(child.pid ?? 0));
      } catch {
        // It has just ended.
      }
    }, 20);
    const code = await new Promise((settle) => child.on('exit', settle));
    clearInterval(watch);
    seconds.push((performance.now() - started) / 1000);
    if (code !== (named ? 1 : 0)) row('muster stragglers', `exit code ${code}`, named ? '1' : '0');
  }
  seconds.sort((a, b) => a - b);
  const gpus = nodes * 4;
  row(`muster stragglers, ${gpus} GPUs, median of 5`, `${(seconds[2] ?? 0).toFixed(2)} s`, '≤ 3 s');
  row(`muster stragglers, ${gpus} GPUs, best of 5`, `${(seconds[0] ?? 0).toFixed(2)} s`);
  row('muster stragglers, resident memory at most', `${Math.round(peak)} MB`, '≤ 300 MB');
};

const onHistory = async (): Promise<void> => {
  const endMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const history = join(directory, 'history.om');
  await writeHistory(history, { nodes, fromMs: endMs - 25 * MINUTE_MS, toMs: endMs, stepMs: MINUTE_MS });
  const blocks = ['tsdb', 'create-blocks-from', 'openmetrics', '-q', history, join(directory, 'data')];
  if (spawnSync('promtool', blocks, { stdio: 'inherit' }).status !== 0) throw new Error('promtool made no blocks');
  rmSync(history);
  const prometheus = await startPrometheus({ directory, config: 'scrape_configs: []\n' });
  try {
    await stragglers(prometheus.url, ['--time', String(endMs / 1000)], true);
  } finally {
    await prometheus.stop();
  }
};

const live = async (): Promise<void> => {
  const { server, port } = await serveFleet(nodes);
  const config = `
global: { scrape_interval: 15s, evaluation_interval: 1m }
rule_files: [${rules}]
scrape_configs:
  - job_name: muster
    http_sd_configs: [{ url: "http://127.0.0.1:${port}/targets" }]
`;
  const prometheus = await startPrometheus({ directory: join(directory, 'live'), config });
  try {
    await sleep(minutes * MINUTE_MS);
    const [up] = await instant(prometheus, 'count(up == 1)');
    row('targets up', `${up?.value} of ${nodes}`);
    const own = await (await fetch(`${prometheus.url}/metrics`)).text();
    const ofRules = (metric: string): string =>
      new RegExp(`^prometheus_rule_${metric}\\{[^}]*\\} (\\S+)$`, 'm').exec(own)?.[1] ?? 'unknown';
    row('rule group, last evaluation', `${Number(ofRules('group_last_duration_seconds')).toFixed(2)} s`, 'of 60 s');
    row('rule group, missed evaluations', ofRules('group_iterations_missed_total'), '0');
    row('rule evaluations that failed', ofRules('evaluation_failures_total'), '0');
    row('Prometheus, resident memory', `${Math.round(residentMegabytes(prometheus.pid))} MB`);
    row('Prometheus, share of a core', `${((cpuSeconds(prometheus.pid) / (minutes * 60)) * 100).toFixed(0)} %`);
    for (const { labels } of await instant(prometheus, 'ALERTS{alertstate="firing"}'))
      row(`alert ${labels.alertname}`, `${labels.node ?? labels.job_id ?? ''} ${labels.gpu ?? ''}`);
    // Nobody is named before 12 minutes of evidence.
    await stragglers(prometheus.url, [], minutes >= 14);
  } finally {
    await prometheus.stop();
    server.close();
    server.closeAllConnections();
  }
};

if (!existsSync(main)) throw new Error(`${main} is not there; run npm run build`);
try {
  await onHistory();
  if (minutes > 0) await live();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
