import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { known } from '../../src/api.ts';
import { createFiles } from '../../src/host/files.ts';
import { createPatient } from '../../src/host/patient.ts';
import { temporaryDirectory, writeFiles } from '../support/temporary.ts';

const filesOf = (files: Readonly<Record<string, string>>, o: { maxBytes?: number; deadlineMs?: number } = {}) => {
  const root = temporaryDirectory();
  writeFiles(root, files);
  return { root, ...createFiles({ sysfsRoot: `${root}/s`, procRoot: `${root}/p`, fsRoot: `${root}/f`, ...o }) };
};
const because = (reason: string, detail: string) => ({ ok: false, reason, detail });

describe('files below re-rooted roots', () => {
  it('are found by the path they have on the machine, and their text is left as it is', async () => {
    const { read } = filesOf({ 's/a': '1\n', 'p/a': ' 2', 'f/etc/a': '3\n\n', 'f/system/a': '4' });
    expect(await Promise.all(['/sys/a', '/proc/a', '/etc/a', '/system/a'].map(read))).toEqual(
      ['1\n', ' 2', '3\n\n', '4'].map(known),
    );
  });

  it('are listed in order', async () => {
    const { list } = filesOf({ 's/class/b': '', 's/class/a/x': '', 's/class/c': '' });
    expect(await list('/sys/class')).toEqual(known(['a', 'b', 'c']));
    expect(await list('/sys/none')).toEqual(because('no-device', '/sys/none: ENOENT'));
    expect(await list('/sys/class/b')).toEqual(because('no-device', '/sys/class/b: ENOTDIR'));
  });

  it.each([
    ['/sys/none', because('no-device', '/sys/none: ENOENT')],
    ['/sys/file/none', because('no-device', '/sys/file/none: ENOTDIR')],
    ['/sys/dir', because('failed', '/sys/dir: EISDIR')],
    ['/sys/loop', because('failed', '/sys/loop: ELOOP')],
    ['/sys/../s/file', because('failed', '/sys/../s/file: leads upwards')],
    ['sys/file', because('failed', 'sys/file: not an absolute path')],
    ['/sys/fi\0le', because('failed', 'a path with a NUL byte')],
    ['/proc/long', because('failed', '/proc/long: longer than 5000 bytes')],
    ['/sys/long', because('failed', '/sys/long: longer than 5000 bytes')],
    ['/proc/fits', known('y'.repeat(5000))],
  ])('%j', async (path, expected) => {
    const { read, root } = filesOf(
      {
        's/file': '',
        's/dir/x': '',
        'p/long': 'x'.repeat(5001),
        's/long': 'x'.repeat(5001),
        'p/fits': 'y'.repeat(5000),
      },
      { maxBytes: 5000 },
    );
    symlinkSync('loop', join(root, 's/loop'));
    expect(await read(path)).toEqual(expected);
  });

  it.skipIf(process.getuid?.() === 0)('are denied to who may not read them (skipped for root)', async () => {
    const { read, root } = filesOf({ 's/a': '' });
    chmodSync(join(root, 's/a'), 0);
    expect(await read('/sys/a')).toEqual(because('denied', '/sys/a: EACCES'));
  });

  it.skipIf(process.platform !== 'linux')('can be those of the kernel itself (needs Linux)', async () => {
    const { read, list } = createFiles({ sysfsRoot: '/sys', procRoot: '/proc', fsRoot: '' });
    expect(await read('/proc/sys/kernel/ostype')).toEqual(known('Linux\n'));
    expect(await list('/sys')).toMatchObject({ ok: true, value: expect.arrayContaining(['class', 'kernel']) });
  });

  it.skipIf(process.platform === 'win32')('do not block: what is stuck is not read again, the rest is', async () => {
    const root = temporaryDirectory();
    mkdirSync(join(root, 'f'));
    execFileSync('mkfifo', [join(root, 'f/stuck')]);
    writeFileSync(join(root, 'f/fine'), 'fine');
    const { read } = createFiles({ sysfsRoot: root, procRoot: root, fsRoot: join(root, 'f'), deadlineMs: 100 });
    expect(await read('/stuck')).toEqual(because('timeout', '/stuck: no answer in 0.1 s'));
    expect(await read('/stuck')).toEqual(because('hung', '/stuck: an earlier read of it has not returned'));
    expect(await read('/fine')).toEqual(known('fine'));
    // The reader waits in open(2) for a writer.
    writeFileSync(join(root, 'f/stuck'), 'at last');
    await expect.poll(async () => (await read('/fine')).ok).toBe(true);
  });
});

describe('createPatient', () => {
  const stuckReads = () => {
    const release: (() => void)[] = [];
    const never = () =>
      new Promise<ReturnType<typeof known<string>>>((resolve) => release.push(() => resolve(known('late'))));
    return { never, release };
  };
  const fine = () => Promise.resolve(known('fine'));
  const nic = (name: string, file: string) => `/sys/class/infiniband/${name}/ports/1/${file}`;

  it('reads nothing more of a device that hangs, and every other device on', async () => {
    const patient = createPatient(50, { threads: 4 });
    const { never, release } = stuckReads();
    const [first, second, other] = await Promise.all([
      patient.attempt(nic('mlx5_0', 'state'), never),
      patient.attempt(nic('mlx5_0', 'rate'), fine),
      patient.attempt(nic('mlx5_1', 'state'), fine),
    ]);
    expect(first).toEqual(because('timeout', `${nic('mlx5_0', 'state')}: no answer in 0.05 s`));
    expect(second).toEqual(
      because('hung', `${nic('mlx5_0', 'rate')}: not read while ${nic('mlx5_0', 'state')} does not return`),
    );
    expect(other).toEqual(known('fine'));
    release[0]?.();
    await Promise.resolve();
    expect(await patient.attempt(nic('mlx5_0', 'rate'), fine)).toEqual(known('fine'));
  });

  it('keeps threads free: with half of four stuck, nothing is read until one returns', async () => {
    const patient = createPatient(50, { threads: 4 });
    const { never, release } = stuckReads();
    await Promise.all([patient.attempt('/a', never), patient.attempt('/b', never)]);
    expect(await patient.attempt('/c', fine)).toEqual(because('hung', '/c: not read while /a and /b do not return'));
    expect(await patient.attempt('/a', fine)).toEqual(because('hung', '/a: an earlier read of it has not returned'));
    release[0]?.();
    await Promise.resolve();
    expect(await patient.attempt('/c', fine)).toEqual(known('fine'));
  });

  it('survives as many devices as there are threads to spare', async () => {
    const patient = createPatient(50, { threads: 16 });
    const { never } = stuckReads();
    await Promise.all(Array.from({ length: 13 }, (_, i) => patient.attempt(nic(`mlx5_${i}`, 'state'), never)));
    expect(await patient.attempt('/c', fine)).toEqual(known('fine'));
    await patient.attempt(nic('mlx5_13', 'state'), never);
    expect(await patient.attempt('/c', fine)).toMatchObject({ ok: false, reason: 'hung' });
  });

  it('lets no device wait for the deadlines of those that hang', async () => {
    const patient = createPatient(600_000, { threads: 16 });
    const { never } = stuckReads();
    for (const name of ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3']) void patient.attempt(nic(name, 'state'), never);
    expect(await patient.attempt('/c', fine)).toEqual(known('fine'));
  });

  it('turns what was thrown into an absence and goes on', async () => {
    const patient = createPatient(1000);
    expect(await patient.attempt('/a', () => Promise.reject(new Error('odd')))).toEqual(
      because('failed', '/a: Error: odd'),
    );
    expect(await patient.attempt('/a', () => Promise.resolve(known(1)))).toEqual(known(1));
  });
});
