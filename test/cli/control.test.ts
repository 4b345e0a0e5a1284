import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ack } from '../../src/cli/ack.ts';
import { ownerOf } from '../../src/cli/ask.ts';
import { control } from '../../src/cli/control.ts';
import { askDaemon, askVerdict } from '../../src/cli/control-client.ts';
import { suppress, unsuppress } from '../../src/cli/suppress.ts';
import { usageError } from '../../src/errors.ts';
import { CONTROL_SOCKET, type ControlHandlers } from '../../src/server/control-protocol.ts';
import { startControlSocket } from '../../src/server/sockets/control-socket.ts';
import { oldestFactAt, verdictAnswer } from '../../src/server/verdict-answer.ts';
import { failingSnapshot } from '../support/snapshot.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const snapshot = failingSnapshot();
const oldest = oldestFactAt(snapshot);

/** An agent's socket whose handlers remember what they were asked. */
const startAgent = async (over: Partial<ControlHandlers> = {}) => {
  const runtimeDir = temporaryDirectory();
  const asked: unknown[] = [];
  const note = (verb: string) => (request: unknown) => {
    asked.push({ verb, request });
    return { ok: true as const };
  };
  const handlers: ControlHandlers = {
    verdict: ({ max_age_seconds: maxAgeSeconds }) =>
      verdictAnswer(snapshot, { now: oldest + 30_000, ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }) }),
    reload: note('reload'),
    collect: note('collect'),
    ack: note('ack'),
    suppress: note('suppress'),
    unsuppress: note('unsuppress'),
    inject: note('inject'),
    recover: note('recover'),
    ...over,
  };
  const path = join(runtimeDir, CONTROL_SOCKET);
  const socket = await startControlSocket({ path, handlers, log: () => undefined });
  onTestFinished(() => socket.close());
  vi.stubEnv('MUSTER_RUNTIME_DIR', runtimeDir);
  vi.stubEnv('SUDO_USER', 'ann');
  return { runtimeDir, path, asked };
};

/** Something that listens where the agent should. */
const startOther = async (serve: (socket: Socket) => void): Promise<string> => {
  const runtimeDir = temporaryDirectory();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.on('error', () => undefined));
    serve(socket);
  });
  await once(server.listen(join(runtimeDir, CONTROL_SOCKET)), 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return runtimeDir;
};

const said = (): { out: string[]; err: string[] } => {
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  return { out, err };
};
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const text = { output: 'text' } as const;

describe('muster ack, suppress, unsuppress', () => {
  it.each([
    [['gpu3', 'gpu/xid-errors'], { component: 'gpu3', check: 'gpu/xid-errors' }, 'gpu/xid-errors on gpu3'],
    [['gpu/xid-errors', 'gpu3'], { component: 'gpu3', check: 'gpu/xid-errors' }, 'gpu/xid-errors on gpu3'],
    [['mlx5_2/1'], { component: 'mlx5_2/1' }, 'every check on mlx5_2/1'],
    [['network/*', 'mlx5_2'], { component: 'mlx5_2', check: 'network/*' }, 'network/* on mlx5_2'],
    [['0000:1b:00.0', '*-drift'], { component: '0000:1b:00.0', check: '*-drift' }, '*-drift on 0000:1b:00.0'],
    [['gpu/row-remaps'], { check: 'gpu/row-remaps' }, 'gpu/row-remaps'],
  ])('%j says which check and which component, in either order', async (words, subject, printed) => {
    const { asked } = await startAgent();
    const { out } = said();
    expect(await ack(words, { ...text, reason: 'board replaced' })).toBe(0);
    expect(asked).toEqual([{ verb: 'ack', request: { ...subject, owner: 'ann', reason: 'board replaced' } }]);
    expect(out).toEqual([`acknowledged ${printed}\n`]);
  });

  it('suppress for a time, and say until when', async () => {
    const { asked } = await startAgent();
    const { out } = said();
    expect(await suppress(['thermal/*'], { ...text, for: 14_400, reason: 'fan test', owner: 'bob' })).toBe(0);
    expect(await unsuppress(['gpu2', 'thermal/hot-gpus'], text)).toBe(0);
    expect(asked).toEqual([
      { verb: 'suppress', request: { check: 'thermal/*', owner: 'bob', reason: 'fan test', seconds: 14_400 } },
      { verb: 'unsuppress', request: { check: 'thermal/hot-gpus', component: 'gpu2', owner: 'ann' } },
    ]);
    expect(out[0]).toMatch(/^suppressed thermal\/\* until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
    expect(out[1]).toBe('no longer suppressed: thermal/hot-gpus on gpu2\n');
  });

  it.each([
    [[], 'ack takes a component, a check or both'],
    [['gpu/ecc-eror'], 'there is no check gpu/ecc-eror; muster checks lists them'],
    [['nothing/*'], 'there is no check nothing/*; muster checks lists them'],
    [['gpu/ecc-errors', 'gpu/row-remaps'], 'gpu/ecc-errors and gpu/row-remaps are two checks'],
    [['gpu1', 'gpu2'], 'gpu1 and gpu2 are two components'],
  ])('%j is a usage error, and nobody is asked', async (words, message) => {
    const { asked } = await startAgent();
    await expect(ack(words, { ...text, reason: 'x' })).rejects.toMatchObject({
      code: 'MUSTER_USAGE',
      message: expect.stringContaining(message),
    });
    expect(asked).toEqual([]);
  });

  it('name the person behind sudo, else the user, and somebody at any rate', async () => {
    const { asked } = await startAgent();
    said();
    vi.stubEnv('SUDO_USER', '');
    vi.stubEnv('USER', 'carol');
    await ack(['gpu3'], { ...text, reason: 'x' });
    expect(asked).toMatchObject([{ request: { owner: 'carol' } }]);
    vi.stubEnv('USER', '');
    vi.stubEnv('LOGNAME', 'dave');
    await ack(['gpu3'], { ...text, reason: 'x' });
    expect(asked).toMatchObject([{}, { request: { owner: 'dave' } }]);
    expect(ownerOf(undefined, {}, () => 'root')).toBe('root');
    expect(() => ownerOf(undefined, {}, () => undefined)).toThrow('say who with --owner');
    expect(() => ownerOf(' ', { USER: 'carol' })).toThrow('say who with --owner');
  });

  it('name the account where the environment names nobody, as in kubectl exec and cron', () => {
    expect(ownerOf(undefined, {})).toBe(userInfo().username);
  });

  it.each([
    ['ack', () => ack(['gpu3'], { ...text, reason: '' }), '--reason is empty; say what was done'],
    ['suppress', () => suppress(['gpu/*'], { ...text, for: 60, reason: ' ' }), '--reason is empty; say why'],
  ])('%s takes no empty reason, and nobody is asked', async (_, call, message) => {
    const { asked } = await startAgent();
    await expect(call()).rejects.toThrow(message);
    expect(asked).toEqual([]);
  });

  it('needs a check to suppress', async () => {
    await startAgent();
    await expect(suppress(['gpu3'], { ...text, for: 60, reason: 'x' })).rejects.toThrow('suppress needs a check');
  });
});

describe('muster control', () => {
  it.each([
    [['reload'], { verb: 'reload', request: {} }, 'the configuration was read again\n'],
    [['collect'], { verb: 'collect', request: {} }, 'every source has been asked\n'],
    [['inject', 'xid79@gpu3'], { verb: 'inject', request: { fault: 'xid79@gpu3' } }, 'injected xid79@gpu3\n'],
    [['recover', 'xid79@gpu3'], { verb: 'recover', request: { fault: 'xid79@gpu3' } }, 'recovered xid79@gpu3\n'],
  ])('%j', async (words, request, line) => {
    const { asked } = await startAgent();
    const { out } = said();
    expect(await control(words, text)).toBe(0);
    expect(asked).toEqual([request]);
    expect(out).toEqual([line]);
  });

  it.each([[[]], [['stop']], [['inject']], [['reload', 'now']], [['inject', 'a', 'b']]])(
    '%j is a usage error',
    async (words) => {
      await expect(control(words, text)).rejects.toMatchObject({ code: 'MUSTER_USAGE' });
    },
  );

  it('prints the words of the agent, without what a terminal would obey', async () => {
    await startAgent({ reload: () => ({ ok: true, message: 'read \u001b[31m/etc/muster/muster.yaml' }) });
    const { out } = said();
    await control(['reload'], text);
    expect(out).toEqual(['read  [31m/etc/muster/muster.yaml\n']);
  });

  it('exits 1 with one line where the agent refuses', async () => {
    await startAgent({
      reload: () => {
        throw usageError('muster.yaml:3:5 web.listen: is not an address');
      },
    });
    const { out, err } = said();
    expect(await control(['reload'], text)).toBe(1);
    expect(out).toEqual([]);
    expect(err).toEqual(['muster: the agent refused: muster.yaml:3:5 web.listen: is not an address\n']);
  });

  it('prints the answer as JSON, a refusal too', async () => {
    await startAgent({ inject: () => ({ ok: false, error: 'not simulated' }) });
    const { out } = said();
    expect(await control(['reload'], { output: 'json' })).toBe(0);
    expect(await control(['inject', 'x'], { output: 'json' })).toBe(1);
    expect(out.map((line) => JSON.parse(line))).toEqual([{ ok: true }, { ok: false, error: 'not simulated' }]);
  });

  it('could not run where there is no agent', async () => {
    const runtimeDir = temporaryDirectory();
    vi.stubEnv('MUSTER_RUNTIME_DIR', runtimeDir);
    await expect(control(['reload'], text)).rejects.toMatchObject({
      code: 'MUSTER_DAEMON',
      message: `no muster agent answers at ${runtimeDir}/muster.sock; start it, or set MUSTER_RUNTIME_DIR to its runtime directory`,
    });
  });
});

describe('the daemon’s verdict', () => {
  it('comes with its age, and says the same as the snapshot', async () => {
    const { runtimeDir } = await startAgent();
    const asked = await askVerdict(runtimeDir, { maxAgeSeconds: 60, deadlineMs: 5000 });
    expect(asked).toMatchObject({ reached: true, ageSeconds: 30 });
    expect(asked.reached && asked.snapshot.checks).toEqual(JSON.parse(JSON.stringify(snapshot.checks)));
  });

  it('is refused when a required fact is older', async () => {
    const { runtimeDir } = await startAgent();
    expect(await askVerdict(runtimeDir, { maxAgeSeconds: 20, deadlineMs: 5000 })).toEqual({
      reached: false,
      message: 'the muster agent has no verdict: the oldest fact is 30.0 s old, older than 20 s',
    });
  });

  it.each([
    [verdictAnswer(undefined, { now: 0 }), 'nothing is judged yet; ask again in some seconds'],
    [verdictAnswer(snapshot, { now: oldest - 1 }), 'the clock was set back after the last reading; ask again soon'],
  ])('is no verdict: %j', (answer, error) => {
    expect(answer).toEqual({ ok: false, error });
  });

  it('of another version is not believed', async () => {
    const { runtimeDir } = await startAgent({ verdict: () => ({ ok: true, verdict: 'PASS' }) });
    expect(await askVerdict(runtimeDir, { maxAgeSeconds: 60, deadlineMs: 5000 })).toEqual({
      reached: false,
      message: 'the muster agent answers in another version; restart it',
    });
  });
});

describe('who does not answer', () => {
  const ask = (runtimeDir: string, deadlineMs = 5000) => askDaemon(runtimeDir, 'reload', {}, { deadlineMs });

  it('is named: a directory that is not there', async () => {
    expect(await ask('/nonexistent/muster')).toMatchObject({ reached: false, why: 'no-daemon' });
  });

  it('is named: an agent that was killed', async () => {
    const runtimeDir = temporaryDirectory();
    const path = join(runtimeDir, CONTROL_SOCKET);
    const script = 'require("node:net").createServer().listen(process.argv[1], () => console.log("ready"))';
    const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');

    child.kill('SIGSTOP');
    expect(await ask(runtimeDir, 300)).toEqual({
      reached: false,
      why: 'no-answer',
      message: `the muster agent at ${path} has not answered within 0.3 s; is it stopped or busy?`,
    });

    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await ask(runtimeDir)).toMatchObject({ reached: false, why: 'no-daemon' });
  });

  it.each([
    ['talks of something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['answers JSON of another kind', '{"status":"ok"}\n'],
    ['answers null', 'null\n'],
    ['refuses without a word', '{"ok":false}\n'],
    ['stops in the middle of a line', '{"ok":tr'],
  ])('is named: what %s', async (_, words) => {
    const runtimeDir = await startOther((socket) => socket.resume().end(words));
    expect(await ask(runtimeDir)).toEqual({
      reached: false,
      why: 'garbage',
      message: `what answers at ${runtimeDir}/muster.sock is not a muster agent of this version; restart the agent`,
    });
  });

  it('is named: what never ends its line, after 16 MiB', async () => {
    const runtimeDir = await startOther((socket) => {
      const pour = (): void => {
        while (socket.write('x'.repeat(65_536)));
        socket.once('drain', pour);
      };
      pour();
    });
    expect(await ask(runtimeDir)).toMatchObject({ why: 'garbage' });
  });

  it('is named: what hangs up', async () => {
    const runtimeDir = await startOther((socket) => socket.destroy());
    expect(await ask(runtimeDir)).toMatchObject({
      why: 'no-answer',
      message: expect.stringContaining('ended before it'),
    });
  });

  it('may answer in pieces', async () => {
    const runtimeDir = await startOther((socket) => {
      socket.resume().write('{"ok":true,"mess');
      setTimeout(() => socket.write('age":"done"}\n'), 50);
    });
    expect(await ask(runtimeDir)).toEqual({ reached: true, answer: { ok: true, message: 'done' } });
  });
});
