import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { usageError } from '../../src/errors.ts';
import type { ControlHandlers } from '../../src/server/control-protocol.ts';
import { type ControlSocketOptions, startControlSocket } from '../../src/server/sockets/control-socket.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { askLine, connected, converse } from '../support/unix-client.ts';

const VERBS = ['verdict', 'reload', 'collect', 'ack', 'suppress', 'unsuppress', 'inject', 'recover'] as const;

/** Each handler answers with what it was given. */
const echo = Object.fromEntries(
  VERBS.map((verb) => [verb, (request: unknown) => ({ ok: true, verb, request })]),
) as unknown as ControlHandlers;

const logged: string[] = [];
const start = async (over: Partial<ControlSocketOptions> = {}) => {
  const socket = await startControlSocket({
    path: join(temporaryDirectory(), 'muster.sock'),
    handlers: echo,
    log: (line) => logged.push(line),
    ...over,
  });
  onTestFinished(() => socket.close());
  return socket;
};

const shortTimes = { requestMs: 200, readMs: 200 };

describe('a request', () => {
  it.each([
    ['{"verb":"verdict","max_age_seconds":60}', { max_age_seconds: 60 }],
    ['{"verb":"verdict"}', {}],
    ['{"verb":"reload"}', {}],
    ['{"verb":"collect"}', {}],
    [
      '{"verb":"ack","component":"gpu3","owner":"ann","reason":"Gerät getauscht"}',
      { component: 'gpu3', owner: 'ann', reason: 'Gerät getauscht' },
    ],
    [
      '{"verb":"suppress","check":"thermal/*","owner":"ann","reason":"fans","seconds":14400}',
      { check: 'thermal/*', owner: 'ann', reason: 'fans', seconds: 14400 },
    ],
    ['{"verb":"inject","fault":"xid79@gpu3"}', { fault: 'xid79@gpu3' }],
  ])('%s reaches its handler', async (line, request) => {
    const { path } = await start();
    expect(await askLine(path, `${line}\n`)).toEqual({ ok: true, verb: JSON.parse(line).verb, request });
  });

  it.each([
    ['hello', 'a request is one line of JSON: {"verb":"reload"}'],
    ['[]', 'a request is one line of JSON: {"verb":"reload"}'],
    ['{}', '"verb" must be one of verdict, reload, collect, ack, suppress, unsuppress, inject, recover'],
    [
      '{"verb":"toString"}',
      '"verb" must be one of verdict, reload, collect, ack, suppress, unsuppress, inject, recover',
    ],
    ['{"verb":"reload","now":true}', 'reload: it has no field "now"; it takes no fields'],
    [
      '{"verb":"verdict","max_age_seconds":"60"}',
      'verdict: max_age_seconds must be a number of seconds; it takes max_age_seconds (optional), readings (optional)',
    ],
    [
      '{"verb":"verdict","max_age_seconds":-1}',
      'verdict: max_age_seconds must be at least 0; it takes max_age_seconds (optional), readings (optional)',
    ],
    ['{"verb":"inject"}', 'inject: fault is missing; it takes fault'],
    [
      '{"verb":"ack","owner":"ann","reason":"x"}',
      'ack: needs a component, a check or both; it takes component, check, owner, reason (component or check may be left out)',
    ],
    [
      '{"verb":"ack","check":"gpu/ecc-errors","owner":"ann","reason":" "}',
      'ack: reason must be a text; it takes component, check, owner, reason (component or check may be left out)',
    ],
    [
      '{"verb":"ack","check":"gpu/ecc-errors","owner":"a\\u001b[2Jn","reason":"x"}',
      'ack: owner must be printable, on one line; it takes component, check, owner, reason (component or check may be left out)',
    ],
    [
      '{"verb":"suppress","check":"a/b","owner":"ann","reason":"x","seconds":0}',
      'suppress: seconds must be above 0; it takes check, component (optional), owner, reason, seconds',
    ],
    [
      '{"verb":"suppress","check":"a/b","owner":"ann","reason":"x","seconds":1e9}',
      'suppress: seconds must be at most 31622400, a year; it takes check, component (optional), owner, reason, seconds',
    ],
  ])('%s is refused with what is allowed', async (line, error) => {
    const { path } = await start();
    expect(await askLine(path, `${line}\n`)).toEqual({ ok: false, error });
  });

  it('is the only one of its connection: what follows it is not done', async () => {
    let collected = false;
    const collect = () => {
      collected = true;
      return { ok: true as const };
    };
    const { path } = await start({ handlers: { ...echo, collect } });
    const { text } = await converse(path, (socket) => socket.write('{"verb":"reload"}\n{"verb":"collect"}\n'));
    expect(text).toBe('{"ok":true,"verb":"reload","request":{}}\n');
    expect(collected).toBe(false);
  });

  it('may come byte by byte, with a sender who does not wait for an answer to close his half', async () => {
    const { path } = await start();
    const { text } = await converse(path, async (socket) => {
      for (const byte of '{"verb":"reload"}\n') await new Promise((resolve) => socket.write(byte, resolve));
      socket.end();
    });
    expect(JSON.parse(text)).toMatchObject({ ok: true, verb: 'reload' });
  });

  it('without its newline is not a request', async () => {
    const { path } = await start();
    expect(await askLine(path, '{"verb":"reload"}')).toEqual({ ok: false, error: 'a request ends with a newline' });
  });

  it('has at most 64 KiB', async () => {
    const { path } = await start();
    const padded = (bytes: number) => `{"verb":"reload"}${' '.repeat(bytes - 17)}\n`;
    expect(await askLine(path, padded(65_536))).toMatchObject({ ok: true });
    expect((await converse(path, (socket) => socket.write(padded(65_537)))).text).toBe(
      '{"ok":false,"error":"a request has at most 65536 bytes"}\n',
    );
  });

  it('comes in time, however slowly its bytes drip', async () => {
    const { path } = await start({ limits: shortTimes });
    let drip: NodeJS.Timeout | undefined;
    const { text } = await converse(path, (socket) => {
      drip = setInterval(() => socket.write(' '), 20);
    });
    clearInterval(drip);
    expect(text).toBe('{"ok":false,"error":"no request came within 0.2 s"}\n');
  });

  it('can be anything at all: the socket goes on', async () => {
    const { path } = await start({ limits: { requestMs: 1000, connections: 64 } });
    const like = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(`${text}\n`)),
      fc
        .record({
          verb: fc.constantFrom(...VERBS),
          ['__proto__']: fc.anything(),
          owner: fc.anything(),
          check: fc.string(),
        })
        .map((request) => Buffer.from(`${JSON.stringify(request)}\n`)),
    );
    await fc.assert(
      fc.asyncProperty(like, async (bytes) => {
        const answer = await askLine(path, bytes);
        expect(answer).toHaveProperty('ok');
      }),
      { numRuns: 300 },
    );
    expect(await askLine(path, '{"verb":"reload"}\n')).toMatchObject({ ok: true });
  });
});

describe('an answer', () => {
  it('is the message of a coded error', async () => {
    const handlers: ControlHandlers = {
      ...echo,
      inject: () => {
        throw usageError('faults are injected into a simulated machine only: start the agent with --mock');
      },
    };
    const { path } = await start({ handlers });
    expect(await askLine(path, '{"verb":"inject","fault":"x"}\n')).toEqual({
      ok: false,
      error: 'faults are injected into a simulated machine only: start the agent with --mock',
    });
  });

  it.each([
    ['throws', () => Promise.reject(new TypeError('x is not a function'))],
    ['answers what is no JSON', () => ({ ok: true, value: 10n })],
  ] as const)('says unexpected, and the log too, where a handler %s', async (_, reload) => {
    const { path } = await start({ handlers: { ...echo, reload } as ControlHandlers });
    const answer = await askLine(path, '{"verb":"reload"}\n');
    expect(answer).toMatchObject({ ok: false, error: expect.stringMatching(/^unexpected: /) });
    expect(logged.at(-1)).toMatch(/^control reload failed: unexpected: /);
  });

  it('comes within the deadline of its verb; a handler that fails after it disturbs nobody', async () => {
    let fail: (error: Error) => void = () => undefined;
    const handlers: ControlHandlers = {
      ...echo,
      collect: () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    };
    const answerMs = Object.fromEntries(VERBS.map((verb) => [verb, 50])) as Record<(typeof VERBS)[number], number>;
    const { path } = await start({ handlers, limits: { answerMs } });
    expect(await askLine(path, '{"verb":"collect"}\n')).toEqual({
      ok: false,
      error: "collect has not ended after 0.05 s and goes on; see the agent's log",
    });
    fail(new Error('too late'));
    expect(await askLine(path, '{"verb":"reload"}\n')).toMatchObject({ ok: true });
  });

  it('that nobody reads is not kept', async () => {
    const reload = () => ({ ok: true as const, message: 'x'.repeat(8 << 20) });
    const socket = await start({ handlers: { ...echo, reload }, limits: shortTimes });
    const client = await connected(socket.path);
    client.pause().write('{"verb":"reload"}\n');
    await expect.poll(() => socket.connections()).toBe(1);
    await expect.poll(() => socket.connections()).toBe(0);
    client.destroy();
  });

  it('to a client that has gone away disturbs nobody', async () => {
    let answer: () => void = () => undefined;
    const handlers: ControlHandlers = {
      ...echo,
      collect: () =>
        new Promise((resolve) => {
          answer = () => resolve({ ok: true });
        }),
    };
    const socket = await start({ handlers });
    const client = await connected(socket.path);
    await new Promise((resolve) => client.write('{"verb":"collect"}\n', resolve));
    await askLine(socket.path, '{"verb":"reload"}\n');
    client.destroy();
    answer();
    await expect.poll(() => socket.connections()).toBe(0);
    expect(await askLine(socket.path, '{"verb":"reload"}\n')).toMatchObject({ ok: true });
  });
});

describe('the connections', () => {
  it('are sixteen; the next is told, and those who say nothing make room', async () => {
    const { path, connections } = await start({ limits: { requestMs: 500 } });
    await Promise.all(Array.from({ length: 16 }, () => connected(path)));
    expect(await askLine(path, '{"verb":"reload"}\n')).toEqual({
      ok: false,
      error: '16 requests at once are the limit; try again',
    });
    await expect.poll(connections).toBe(0);
    expect(await askLine(path, '{"verb":"reload"}\n')).toMatchObject({ ok: true });
  });

  it('of five hundred at once each end, and the socket goes on', async () => {
    const { path } = await start();
    const ends = await Promise.all(
      Array.from({ length: 500 }, () => converse(path, (socket) => socket.end('{"verb":"reload"}\n'))),
    );
    expect(ends.some(({ text }) => text.includes('"ok":true'))).toBe(true);
    expect(await askLine(path, '{"verb":"reload"}\n')).toMatchObject({ ok: true });
  });
});

const setpriv = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;
const unable = setpriv ? '' : ' (skipped: needs root and setpriv)';

describe('who may ask', () => {
  /** What the client says to a user with one group. */
  const askAs = async (path: string, gid: number): Promise<unknown> => {
    const script = join(dirname(path), 'client.mjs');
    buildSync({
      entryPoints: ['src/cli/control-client.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
      logLevel: 'silent',
    });
    const call = `const { askDaemon } = await import(${JSON.stringify(script)});
      console.log(JSON.stringify(await askDaemon(${JSON.stringify(dirname(path))}, 'reload', {}, { deadlineMs: 2000 })));`;
    const identity = ['--reuid=65534', `--regid=${gid}`, '--clear-groups'];
    const args = [...identity, process.execPath, '--input-type=module', '-e', call];
    return JSON.parse((await promisify(execFile)('setpriv', args, { cwd: '/' })).stdout);
  };

  it.skipIf(!setpriv)(`is root and the group of the socket; others are told the group${unable}`, async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const { path } = await start({ path: join(directory, 'muster.sock'), gid: 54321 });
    const denied = `permission denied for ${path}; run as root or as a member of group`;
    expect(await askAs(path, 65534)).toEqual({ reached: false, why: 'denied', message: `${denied} 54321` });
    expect(await askAs(path, 54321)).toMatchObject({ reached: true, answer: { ok: true } });
    chownSync(path, 0, 0);
    expect(await askAs(path, 54321)).toMatchObject({ message: `${denied} root` });
  });
});
