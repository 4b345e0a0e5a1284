// A flood of kernel records at the agent: what it costs, what is counted, how late. Prints figures and fails on nothing.
//   node test/bench/kernel-flood.mjs [--rate=10000] [--seconds=20] [--file] [--entry=dist/main.js]
// Without --file it writes to /dev/kmsg itself (root; printk_devkmsg is set to `on` and put back).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const option = (name, otherwise) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;
const rate = Number(option('rate', 10_000));
const seconds = Number(option('seconds', 20));
const toFile = process.argv.includes('--file');
const WRITER = join(import.meta.dirname, '../support/flood-writer.mjs');
const RATE_LIMIT = '/proc/sys/kernel/printk_devkmsg';
// An address of its own for each run: the ring still holds the runs before.
const ADDRESS = `${(process.pid % 0xffff).toString(16).padStart(4, '0')}:7f:00`;

const cpuSeconds = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (utime + stime) / 100;
};

const startAgent = async (dir, kmsg) => {
  const entry = resolve(option('entry', 'dist/main.js'));
  const child = spawn(process.execPath, [entry, 'agent', '--mock', 'hgx-h100-8', '--web.listen', '127.0.0.1:0'], {
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      TMPDIR: dir,
      MUSTER_STATE_DIR: join(dir, 'state'),
      MUSTER_RUNTIME_DIR: join(dir, 'run'),
      MUSTER_KMSG: kmsg,
      MUSTER_KERNEL_LOG_TRUST: 'any',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  for (let waited = 0; !log.includes('serving on http:'); waited += 100) {
    if (child.exitCode !== null || waited > 20_000) throw new Error(`the agent does not serve: ${log}`);
    await sleep(100);
  }
  return { child, url: /serving on (http:\/\/[0-9.:]+)/.exec(log)?.[1], log: () => log };
};

const run = async (dir) => {
  const kmsg = toFile ? join(dir, 'kmsg') : '/dev/kmsg';
  if (toFile) writeFileSync(kmsg, '');
  const { child, url } = await startAgent(dir, kmsg);
  try {
    await sleep(8000);
    const metrics = async () => (await fetch(`${url}/metrics`)).text();
    const counted = (text) =>
      [...text.matchAll(/^muster_gpu_xid_events_total\{([^}]*)\} (\d+)$/gm)]
        .filter(([, labels]) => labels.toLowerCase().includes(ADDRESS))
        .reduce((sum, [, , value]) => sum + Number(value), 0);
    const lost = async () =>
      Number(
        /(\d+) kernel records were overwritten/.exec(await (await fetch(`${url}/api/v1/status`)).text())?.[1] ?? 0,
      );
    const idleFrom = cpuSeconds(child.pid);
    await sleep(5000);
    const idle = (cpuSeconds(child.pid) - idleFrom) / 5;

    const before = await lost();
    // A process of its own, so that its work is not taken for the agent's.
    const flood = spawn(process.execPath, [WRITER, kmsg, String(rate), String(seconds), ADDRESS], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let answer = '';
    flood.stdout.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    const gone = new Promise((done) => flood.once('exit', done));
    const cpuFrom = cpuSeconds(child.pid);
    const startedMs = performance.now();
    let atEnd;
    let slowestScrapeMs = 0;
    const samples = [];
    const lostBySecond = [];
    void gone.then(() => {
      atEnd = { cpu: cpuSeconds(child.pid), elapsed: (performance.now() - startedMs) / 1000 };
    });
    for (let calm = 0; calm < 15; ) {
      const scrapedMs = performance.now();
      const at = Date.now();
      const text = await metrics();
      slowestScrapeMs = Math.max(slowestScrapeMs, performance.now() - scrapedMs);
      samples.push({ at, counted: counted(text) });
      if (samples.length % 5 === 0) lostBySecond.push((await lost()) - before);
      if (atEnd !== undefined) calm += 1;
      await sleep(200);
    }
    const written = JSON.parse(answer);
    const total = samples.at(-1).counted;
    const missing = written.length - total;
    // Those that were lost were lost at the beginning: until then the log is read once a second.
    const latencies = written
      .slice(missing)
      .map((at, i) => (samples.find((sample) => sample.counted > i)?.at ?? Number.NaN) - at);
    const rss = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
    const row = (what, figure) => process.stdout.write(`${what.padEnd(48)} ${figure}\n`);
    row('lines a second, seconds', `${rate}, ${seconds}, ${kmsg}`);
    row('CPU of the agent before, % of a core', (idle * 100).toFixed(1));
    row('CPU of the agent in the flood, % of a core', (((atEnd.cpu - cpuFrom) / atEnd.elapsed) * 100).toFixed(1));
    row('Xids written, counted, missing', `${written.length}, ${total}, ${missing}`);
    row('records lost, by second', lostBySecond.join(' '));
    row('worst latency line to metric (±200 ms)', `${Math.max(...latencies)} ms`);
    row('slowest scrape', `${slowestScrapeMs.toFixed(0)} ms`);
    row('RSS after', `${Math.round(Number(rss) / 1024)} MB`);
  } finally {
    child.kill('SIGTERM');
    await new Promise((done) => child.once('exit', done));
  }
};

const dir = mkdtempSync(join(tmpdir(), 'muster-flood-'));
const limit = toFile ? undefined : readFileSync(RATE_LIMIT, 'utf8');
try {
  if (!toFile) writeFileSync(RATE_LIMIT, 'on\n');
  await run(dir);
} finally {
  if (limit !== undefined) writeFileSync(RATE_LIMIT, limit);
  rmSync(dir, { recursive: true, force: true });
}
