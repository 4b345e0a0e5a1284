import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RunningSocket, startUnixServer, type UnixServerOptions } from '../../src/server/sockets/unix-server.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { connected, converse } from '../support/unix-client.ts';

const start = async (path: string, over: Partial<UnixServerOptions> = {}): Promise<RunningSocket> => {
  const socket = await startUnixServer({
    path,
    mode: 0o660,
    maxConnections: 4,
    serve: (connection) => connection.end('hello'),
    turnAway: () => 'full',
    log: () => undefined,
    ...over,
  });
  onTestFinished(() => socket.close());
  return socket;
};

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);
const hello = async (path: string): Promise<string> => (await converse(path, () => undefined)).text;

/** A process that listens at the path and is killed, so that its socket stays behind. */
const leaveStaleSocket = async (path: string): Promise<void> => {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('ready'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(lstatSync(path).isSocket()).toBe(true);
};

const notRoot = process.getuid?.() === 0 ? '' : ' (skipped: needs root)';

describe('a socket in the runtime directory', () => {
  it.each([0o000, 0o077])(
    'has exactly its mode, and a directory that every user may enter, under umask %o',
    async (umask) => {
      const directory = join(temporaryDirectory(), 'run', 'muster');
      const before = process.umask(umask);
      try {
        await start(join(directory, 'control'));
        await start(join(directory, 'job'), { mode: 0o666 });
      } finally {
        process.umask(before);
      }
      expect(modeOf(directory)).toBe('755');
      expect(modeOf(join(directory, 'control'))).toBe('660');
      expect(modeOf(join(directory, 'job'))).toBe('666');
      expect(readdirSync(directory).sort()).toEqual(['control', 'job']);
    },
  );

  it.skipIf(notRoot !== '')(`belongs to the configured group${notRoot}`, async () => {
    const path = join(temporaryDirectory(), 's');
    await start(path, { gid: 65534 });
    expect(lstatSync(path)).toMatchObject({ uid: 0, gid: 65534 });
  });

  it('is made without a trace outside of the runtime directory, which may be all that is writable', async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'muster');
    mkdirSync(directory);
    utimesSync(parent, 1, 1);
    await start(join(directory, 's'));
    expect(statSync(parent).mtimeMs).toBe(1000);
  });

  it('takes the place of one whose process is dead', async () => {
    const path = join(temporaryDirectory(), 's');
    await leaveStaleSocket(path);
    await start(path);
    expect(await hello(path)).toBe('hello');
  });

  it('is refused while another process answers there, which goes on undisturbed', async () => {
    const path = join(temporaryDirectory(), 's');
    await start(path);
    await expect(start(path)).rejects.toMatchObject({
      code: 'MUSTER_SOCKET',
      message: `${path}: another agent answers there; stop it, or give this one another runtime_dir`,
    });
    expect(await hello(path)).toBe('hello');
  });

  it('goes to exactly one of many agents that find the same dead socket', async () => {
    const path = join(temporaryDirectory(), 's');
    await leaveStaleSocket(path);
    const started = await Promise.allSettled(Array.from({ length: 8 }, () => start(path)));
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await hello(path)).toBe('hello');
    expect(readdirSync(join(path, '..'))).toEqual(['s']);
  });

  it('is gone after close, and can be made again', async () => {
    const path = join(temporaryDirectory(), 's');
    const first = await start(path);
    await first.close();
    expect(existsSync(path)).toBe(false);
    await start(path);
    expect(await hello(path)).toBe('hello');
  });

  it('is not removed on close when it is somebody else’s by then', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 's');
    const first = await start(path);
    renameSync(path, join(directory, 'moved'));
    await start(path);
    await first.close();
    expect(await hello(path)).toBe('hello');
  });

  it('never replaces what is not a socket', async () => {
    const path = join(temporaryDirectory(), 's');
    writeFileSync(path, 'precious');
    await expect(start(path)).rejects.toThrow(`${path}: is in the way and is not a socket; move it elsewhere`);
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it('does not follow a link that somebody left in its place', async () => {
    const directory = temporaryDirectory();
    const server = createServer().listen(join(directory, 'elsewhere'));
    onTestFinished(() => void server.close());
    symlinkSync(join(directory, 'elsewhere'), join(directory, 's'));
    await expect(start(join(directory, 's'))).rejects.toThrow('is not a socket');
  });

  it('in a directory in which anybody may write is refused', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o777);
    await expect(start(join(directory, 's'))).rejects.toThrow(
      'anybody could replace the sockets in it; chmod it to 755',
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    [`/tmp/${'x'.repeat(100)}/s`, 'is longer than the 103 bytes of a socket; choose a shorter runtime_dir'],
    ['/proc/no/such/s', 'ENOENT: the directory cannot be made there; choose another runtime_dir'],
    ['/etc/passwd/s', 'ENOTDIR: correct runtime_dir'],
  ])('at %s is refused with what to do', async (path, message) => {
    await expect(start(path)).rejects.toThrow(message);
  });

  it.skipIf(notRoot !== '')(`in a directory of another user is refused${notRoot}`, async () => {
    const directory = temporaryDirectory();
    spawnSync('chown', ['65534', directory]);
    await expect(start(join(directory, 's'))).rejects.toThrow('belongs to uid 65534, who could replace the sockets');
  });

  it('serves so many connections and tells the next', async () => {
    const path = join(temporaryDirectory(), 's');
    const server = await start(path, { serve: (socket) => void socket.resume().on('end', () => socket.end()) });
    const held = await Promise.all(Array.from({ length: 4 }, () => connected(path)));
    expect((await converse(path, () => undefined)).text).toBe('full');
    expect(server.connections()).toBe(4);
    held[0]?.destroy();
    await expect.poll(() => server.connections()).toBe(3);
    await connected(path);
    await expect.poll(() => server.connections()).toBe(4);
  });

  it('ends its connections on close, those that were turned away too', async () => {
    const path = join(temporaryDirectory(), 's');
    const server = await start(path, { maxConnections: 1, serve: (socket) => void socket.resume() });
    const ends = await Promise.all([1, 2, 3].map(() => connected(path)));
    await server.close();
    await expect.poll(() => ends.every((socket) => socket.resume().destroyed)).toBe(true);
  });
});
