import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createStepBook } from '../../src/derive/step-book.ts';
import { type JobSocketOptions, startJobSocket } from '../../src/server/sockets/job-socket.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { connected, converse } from '../support/unix-client.ts';

const start = async (over: Partial<JobSocketOptions> = {}) => {
  const book = createStepBook();
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  const socket = await startJobSocket({
    path: join(directory, 'muster-job.sock'),
    steps: book,
    log: () => undefined,
    now: () => 1_700_000_000_000,
    ...over,
  });
  onTestFinished(() => socket.close());
  return { book, socket, path: socket.path };
};

const line = (over: Record<string, unknown> = {}): string =>
  `${JSON.stringify({ job_id: '123', rank: 5, step: 1042, seconds: 3.21, ...over })}\n`;

const post = (path: string, text: string | Buffer) => converse(path, (socket) => socket.end(text));
const refusals = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => JSON.parse(row).error);

describe('a step time', () => {
  it('is kept with its time of arrival, and answered with nothing', async () => {
    const { path, book } = await start();
    expect(await post(path, line({ role: 'dp' }))).toEqual({ text: '' });
    expect(book.value()).toEqual([
      { jobId: '123', rank: 5, step: 1042, seconds: 3.21, role: 'dp', at: 1_700_000_000_000 },
    ]);
  });

  it('comes one a line, on a connection that stays, in pieces', async () => {
    const { path, book } = await start();
    const client = await connected(path);
    client.write(line({ step: 1 }) + line({ step: 2 }) + line({ step: 3 }).slice(0, 9));
    await expect.poll(() => book.value().length).toBe(2);
    client.write(line({ step: 3 }).slice(9));
    await expect.poll(() => book.value().map(({ step }) => step)).toEqual([1, 2, 3]);
    client.destroy();
  });

  it.each([
    ['nothing', '\n'],
    ['words', 'step 1042 took 3.21 s\n'],
    ['a list', `[${line().trim()}]\n`],
    ['null', 'null\n'],
    ['no job', line({ job_id: undefined })],
    ['an empty job', line({ job_id: '' })],
    ['a long job', line({ job_id: 'x'.repeat(65) })],
    ['a job on two lines', line({ job_id: 'a\nb' })],
    ['a job that is not ASCII', line({ job_id: 'é' })],
    ['a number as job', line({ job_id: 123 })],
    ['a negative rank', line({ rank: -1 })],
    ['a broken rank', line({ rank: 1.5 })],
    ['a huge rank', line({ rank: 1_000_001 })],
    ['a step beyond integers', line({ step: 2 ** 53 })],
    ['no time', line({ seconds: 0 })],
    ['an endless time', line({ seconds: 100_000 })],
    ['an infinite time', line({ seconds: 'INF' }).replace('"INF"', '1e999')],
    ['a long role', line({ role: 'x'.repeat(33) })],
    ['another field', line({ verb: 'reload' })],
    ['half a line at the end', line().trim()],
  ])('that is %s is refused', async (_, text) => {
    const { path, book } = await start();
    const { text: answer } = await post(path, text);
    expect(refusals(answer)).toEqual([expect.stringMatching(/^a line is \{"job_id":"123".*below 100000$/)]);
    expect(book.counts()).toEqual({ accepted: 0, refused: { malformed: 1 } });
  });

  it('has at most 1 KiB; what follows the huge line is read', async () => {
    const { path, book } = await start();
    const { text } = await post(path, `${'x'.repeat(300_000)}\n${line()}`);
    expect(refusals(text)).toEqual(['a line has at most 1024 bytes']);
    expect(book.counts()).toEqual({ accepted: 1, refused: { too_long: 1 } });
  });

  it('is refused in words at most once a second', async () => {
    const { path, book } = await start();
    const { text } = await post(path, 'x\n'.repeat(50));
    expect(refusals(text)).toHaveLength(1);
    expect(book.counts().refused).toEqual({ malformed: 50 });
  });

  it('can be any bytes: the socket goes on', async () => {
    const { path, book } = await start();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
            fc.json().map((text) => Buffer.from(`${text}\n`)),
          ),
        ),
        async (pieces) => {
          await post(path, Buffer.concat(pieces));
        },
      ),
      { numRuns: 100 },
    );
    const before = book.counts().accepted;
    await post(path, line());
    expect(book.counts().accepted).toBe(before + 1);
  });
});

describe('too much', () => {
  it('of one connection is dropped and counted, never kept for later', async () => {
    const { path, book } = await start();
    const { text } = await post(path, line().repeat(1000));
    const { accepted, refused } = book.counts();
    expect(accepted).toBeGreaterThanOrEqual(200);
    expect(accepted).toBeLessThan(400);
    expect(accepted + (refused.rate ?? 0)).toBe(1000);
    expect(refusals(text)[0]).toBe('100 lines a second on a connection are the limit; the others are dropped');
  });

  it('of many connections together too', async () => {
    const { path, book } = await start();
    await Promise.all(Array.from({ length: 40 }, () => post(path, line().repeat(200))));
    const { accepted, refused } = book.counts();
    expect(accepted).toBeGreaterThanOrEqual(2000);
    expect(refused.total_rate).toBeGreaterThan(0);
    expect(accepted + (refused.total_rate ?? 0) + (refused.rate ?? 0)).toBe(8000);
  });

  it('of connections is refused; those that are there go on', async () => {
    const { path, book, socket } = await start();
    const held = await Promise.all(Array.from({ length: 128 }, () => connected(path)));
    const { text } = await converse(path, () => undefined);
    expect(refusals(text)).toEqual(['128 connections are the limit; post several ranks over one']);
    expect(book.counts().refused).toEqual({ connections: 1 });
    held[127]?.write(line());
    await expect.poll(() => book.counts().accepted).toBe(1);
    for (const client of held) client.destroy();
    await expect.poll(() => socket.connections()).toBe(0);
  });

  it('of silence ends a connection', async () => {
    const { path, socket } = await start({ limits: { silentMs: 100 } });
    await connected(path);
    await expect.poll(() => socket.connections()).toBe(1);
    await expect.poll(() => socket.connections()).toBe(0);
  });
});

/** Writes as fast as it is let, on 128 connections, and reads nothing. */
const FLOOD = `
const { connect } = require('node:net');
const [path, kind] = process.argv.slice(1);
const texts = { steps: '{"job_id":"123","rank":5,"step":1042,"seconds":3.21}\\n', empty: '\\n', endless: 'x' };
const chunk = Buffer.from(texts[kind].repeat(Math.ceil(65536 / texts[kind].length)));
for (let i = 0; i < 128; i += 1) {
  const socket = connect(path).pause();
  socket.on('error', () => undefined);
  const pour = () => { while (socket.write(chunk)); socket.once('drain', pour); };
  socket.once('connect', pour);
}`;

const flood = async (path: string, kind: string): Promise<void> => {
  const child = spawn(process.execPath, ['-e', FLOOD, path, kind], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
};

describe('a flood from 128 connections', () => {
  it.each(['steps', 'empty', 'endless'])('of %s is read no faster than it may cost', async (kind) => {
    const { path, book, socket } = await start();
    await flood(path, kind);
    await expect.poll(() => socket.connections(), { timeout: 10_000 }).toBe(128);
    const before = process.memoryUsage().rss;
    const cpu = process.cpuUsage();
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 10);
    let longestMs = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 1);
    const started = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    clearInterval(turning);
    clearInterval(watch);
    const { user, system } = process.cpuUsage(cpu);
    const core = (user + system) / 1000 / (performance.now() - started);
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    if (process.env.MUSTER_FIGURES) console.log(kind, { turns, longestMs, core, grown, ...book.counts() });
    // The loop turned and nothing piled up: what was not read waits in the kernel, at the sender's cost.
    expect(turns).toBeGreaterThan(30);
    expect(grown).toBeLessThan(128);
    expect(book.counts().accepted).toBeLessThan(2000 + 1000 * 10);
  });
});

const other = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;

describe('a job of another user', () => {
  it.skipIf(!other)(`may post${other ? '' : ' (skipped: needs root and setpriv)'}`, async () => {
    const { path, book } = await start();
    const script = `require('node:net').connect(process.argv[1]).end(${JSON.stringify(line())})`;
    const identity = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const child = spawn('setpriv', [...identity, process.execPath, '-e', script, path], { cwd: '/', stdio: 'ignore' });
    await once(child, 'exit');
    await expect.poll(() => book.counts().accepted).toBe(1);
  });
});
