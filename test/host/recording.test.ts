import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absent, type Host, known } from '../../src/api.ts';
import { parseTime } from '../../src/host/manifest.ts';
import { playback } from '../../src/host/playback.ts';
import { record } from '../../src/host/recorder.ts';
import { type Recording, readRecording } from '../../src/host/recording.ts';
import { writeRecording } from '../../src/host/write-recording.ts';
import { temporaryDirectory, writeFiles } from '../support/temporary.ts';

const AT = Date.parse('2024-11-20T11:48:03Z');
const options = { deadlineMs: 1000 };

const recordingOf = (files: Readonly<Record<string, string>>) => {
  const directory = temporaryDirectory();
  writeFiles(directory, files);
  return { directory, read: () => readRecording(directory) };
};
const problem = (pattern: RegExp) => ({ ok: false, reason: 'failed', detail: expect.stringMatching(pattern) });
const timesOf = async (files: Readonly<Record<string, string>>): Promise<unknown> => {
  const recording = await recordingOf(files).read();
  return recording.ok ? recording.value.samples.map(({ at }) => at - AT) : recording.detail;
};
const xml = (timestamp: string): string =>
  `<?xml version="1.0" ?>\n<nvidia_smi_log>\n\t<timestamp>${timestamp}</timestamp>\n</nvidia_smi_log>\n`;

describe('a recording directory', () => {
  it('is read with its samples in the order of their numbers, the kernel log in each', async () => {
    const { read } = recordingOf({
      'manifest.json': JSON.stringify({
        schema_version: 1,
        boot_id: 'b',
        node: 'n1',
        at: AT / 1000,
        samples: [{ at: AT }, { at: '2024-11-20T11:48:08Z' }],
      }),
      'samples/10/proc/uptime': 'late',
      'samples/9/proc/uptime': 'early',
      kmsg: 'k\n',
    });
    expect(await read()).toEqual(
      known({
        node: 'n1',
        bootId: 'b',
        samples: [
          {
            at: AT,
            tree: new Map([
              ['proc/uptime', 'early'],
              ['kmsg', 'k\n'],
            ]),
          },
          {
            at: AT + 5000,
            tree: new Map([
              ['proc/uptime', 'late'],
              ['kmsg', 'k\n'],
            ]),
          },
        ],
      }),
    );
  });

  it('takes from the samples what its manifest does not say', async () => {
    const { directory, read } = recordingOf({
      'manifest.json': '{}',
      'samples/0/proc/sys/kernel/random/boot_id': 'b\n',
    });
    expect(await read()).toMatchObject({ value: { node: directory.split('/').at(-1), bootId: 'b' } });
  });

  it('may be one moment without a frame', async () => {
    const { read } = recordingOf({ 'manifest.json': '{"at":1732103283}', 'sys/a': '1' });
    expect(await read()).toMatchObject({ value: { samples: [{ at: AT }] } });
  });

  it.each([
    ['by uptime', { 'samples/0/proc/uptime': '100.5 1', 'samples/1/proc/uptime': '107.5 1' }, [0, 7000]],
    [
      'by what nvidia-smi printed',
      {
        'samples/0/commands/nvidia-smi_-q_-x.out': xml('Wed Nov 20 01:00:00 2024'),
        'samples/1/commands/nvidia-smi_-q_-x.out': xml('Wed Nov 20 01:00:30 2024'),
      },
      [0, 30_000],
    ],
    ['as a pre-job validation samples', { 'samples/0/sys/a': '', 'samples/1/sys/a': '' }, [0, 5000]],
  ])('tells how far its samples are apart: %s', async (_, files, expected) => {
    expect(await timesOf({ 'manifest.json': JSON.stringify({ at: AT }), ...files })).toEqual(expected);
  });

  it.each([
    ['no manifest', {}, /manifest\.json: not there; write \{/],
    ['a manifest that is not JSON', { 'manifest.json': '{' }, /manifest\.json: not JSON/],
    ['a manifest that is no object', { 'manifest.json': '[]' }, /manifest\.json: not a JSON object/],
    [
      'a later schema',
      { 'manifest.json': '{"schema_version":2}' },
      /schema_version 2 is not 1; read it with the Muster that wrote it/,
    ],
    [
      'a time that is none',
      { 'manifest.json': '{"at":"noon"}' },
      /at "noon" is no time; write Unix seconds or ISO 8601/,
    ],
    ['samples that are no list', { 'manifest.json': '{"samples":2}' }, /samples is not a list/],
    ['no samples', { 'manifest.json': '{}', 'samples/x/sys/a': '' }, /no samples\/<n>\/ in it; make a recording/],
  ])('says in one line what is wrong: %s', async (_, files, pattern) => {
    const recording = await recordingOf(files).read();
    expect(recording).toEqual(problem(pattern));
    expect(recording.ok ? '' : recording.detail).not.toContain('\n');
  });

  it('never throws on a manifest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (text) => {
        await recordingOf({ 'manifest.json': text, 'samples/0/sys/a': '' }).read();
      }),
      { numRuns: 40 },
    );
  });
});

describe('the output of nvidia-smi -q -x as a recording', () => {
  it('is one command at the time it prints', async () => {
    const { directory } = recordingOf({ 'gpu07.xml': xml('Wed Nov 20 11:48:03 2024') });
    const recording = await readRecording(join(directory, 'gpu07.xml'));
    expect(recording).toMatchObject({ value: { node: 'gpu07', samples: [{ at: AT }] } });
    const [moment] = recording.ok ? recording.value.samples : [];
    expect(await playback(moment === undefined ? [] : [moment]).run('nvidia-smi', ['-q', '-x'], options)).toMatchObject(
      { ok: true },
    );
  });

  it('is as old as its file where it prints no time', async () => {
    const { directory } = recordingOf({ 'a.xml': xml('N/A') });
    utimesSync(join(directory, 'a.xml'), AT / 1000, AT / 1000);
    expect(await readRecording(join(directory, 'a.xml'))).toMatchObject({ value: { samples: [{ at: AT }] } });
  });

  it.each([
    ['something else', { file: 'Not an XML' }, /neither a recording directory nor the output of `nvidia-smi -q -x`/],
    ['nothing', {}, /file: not there; make a recording/],
  ])('is not %s', async (_, files, pattern) => {
    expect(await readRecording(join(recordingOf(files).directory, 'file'))).toEqual(problem(pattern));
  });
});

const samples = process.env.MUSTER_SAMPLES ?? resolve(import.meta.dirname, '../../../shared/samples');
const captures = existsSync(join(samples, 'nvsmi-xml'))
  ? readdirSync(join(samples, 'nvsmi-xml')).filter((name) => name.endsWith('.xml'))
  : [];

describe.skipIf(captures.length === 0)(
  `real captures (${captures.length === 0 ? 'no MUSTER_SAMPLES here' : captures.length})`,
  () => {
    it('are all read as recordings', async () => {
      const unread: unknown[] = [];
      for (const name of captures) {
        const file = join(samples, 'nvsmi-xml', name);
        if (!readFileSync(file, 'utf8').includes('<nvidia_smi_log')) continue;
        const recording = await readRecording(file);
        if (!recording.ok) unread.push(recording.detail);
      }
      expect(unread).toEqual([]);
    });
  },
);

describe('writeRecording', () => {
  const recording: Recording = {
    node: 'n1',
    bootId: 'b',
    samples: [0, 1].map((i) => ({
      at: AT + i,
      tree: new Map([
        ['sys/a/b', String(i)],
        ['kmsg', 'k\n'],
      ]),
    })),
  };

  it('writes what readRecording reads', async () => {
    const directory = join(temporaryDirectory(), 'new');
    expect(await writeRecording(directory, recording)).toEqual(known(directory));
    expect(await readRecording(directory)).toEqual(known(recording));
  });

  it('fills an empty directory, and leaves one alone that holds anything', async () => {
    const parent = temporaryDirectory();
    const directory = join(parent, 'a');
    mkdirSync(directory);
    expect(await writeRecording(directory, recording)).toMatchObject({ ok: true });
    const before = readFileSync(join(directory, 'manifest.json'), 'utf8');
    expect(await writeRecording(directory, { ...recording, node: 'n2' })).toEqual(
      problem(/not empty; choose a new directory/),
    );
    expect(readFileSync(join(directory, 'manifest.json'), 'utf8')).toBe(before);
  });

  it.each(['../escape', 'sys/../../escape', '/absolute', 'sys//a', ''])(
    'writes nothing at all when a key is %j',
    async (key) => {
      const parent = temporaryDirectory();
      const bad: Recording = {
        ...recording,
        samples: [
          {
            at: AT,
            tree: new Map([
              ['sys/a', ''],
              [key, 'x'],
            ]),
          },
        ],
      };
      expect(await writeRecording(join(parent, 'a'), bad)).toEqual(problem(/is not a path/));
      expect(readdirSync(parent)).toEqual([]);
    },
  );

  it('says why it cannot', async () => {
    writeFileSync(join(temporaryDirectory(), 'file'), '');
    expect(await writeRecording('/proc/none/a', recording)).toEqual(
      problem(/cannot be written: ENOENT; create its parent/),
    );
  });
});

describe('what a recorder took', () => {
  it('answers, after a way over the disk, as the machine answered', async () => {
    const machine = (at: number): Host => ({
      ...playback([]),
      run: async (tool) =>
        tool === 'ibstat'
          ? absent('hung', `no answer\nin 10 s (${at})`)
          : known({ exitCode: 14, stdout: `<${at}/>`, stderr: 'warning' }),
      read: async (path) =>
        path === '/sys/a' ? known(`${at}\n`) : absent(path === '/sys/b' ? 'denied' : 'no-device', 'EACCES'),
      list: async () => absent('failed', 'EIO'),
      kernelRecords: async () => known({ lines: [`4,${at},0,-;x`], lost: 0 }),
      now: () => AT + at,
    });
    let now = machine(0);
    const { host, take } = record(new Proxy(now, { get: (_, name) => Reflect.get(now, name) }));
    const ask = async (from: Host) => [
      await from.run('nvidia-smi', ['-q', '-x'], options),
      await from.read('/sys/a'),
      await from.read('/sys/b'),
      await from.read('/proc/none'),
      await from.list('/sys/class/infiniband'),
      from.now(),
    ];
    const asked = [await ask(host)];
    const hung = await host.run('ibstat', [], options);
    await host.kernelRecords();
    const moments = [take()];
    now = machine(1);
    asked.push(await ask(host));
    await host.kernelRecords();
    moments.push(take());

    const directory = join(temporaryDirectory(), 'r');
    await writeRecording(directory, { node: 'n', bootId: 'b', samples: moments });
    const read = await readRecording(directory);
    const replay = playback(read.ok ? read.value.samples : []);
    const answered = [await ask(replay)];
    expect(await replay.run('ibstat', [], options)).toEqual(absent('hung', 'no answer in 10 s (0)'));
    expect(hung).toMatchObject({ reason: 'hung' });
    expect(await replay.kernelRecords()).toEqual(known({ lines: ['4,0,0,-;x', '4,1,0,-;x'], lost: 0 }));
    replay.step();
    answered.push(await ask(replay));
    expect(answered).toEqual(asked);
    expect(await replay.run('ibstat', [], options)).toMatchObject({ reason: 'not-recorded' });
  });
});

describe('parseTime', () => {
  it.each([
    [1732103283, AT],
    [1732103283000, AT],
    ['1732103283', AT],
    ['2024-11-20T11:48:03Z', AT],
    ['2024-11-20T12:48:03+01:00', AT],
    ['', undefined],
    ['noon', undefined],
    [0, undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [true, undefined],
  ])('%j', (value, expected) => {
    expect(parseTime(value)).toBe(expected);
  });
});
