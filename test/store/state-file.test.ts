import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDisk } from '../../src/store/disk.ts';
import { readJsonFile } from '../../src/store/json-file.ts';
import { createStateFile } from '../../src/store/state-file.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const stateIn = (...parts: readonly string[]): string => join(temporaryDirectory(), ...parts, 'state.json');

describe('the state file', () => {
  it('is empty at first, and holds what was saved last', async () => {
    const file = stateIn('a', 'b');
    const state = createStateFile({ file });
    expect(await state.load()).toMatchObject({ ok: false, reason: 'no-history' });
    for (let turn = 0; turn < 100; turn += 1) state.save({ turn });
    expect(await state.flushed()).toBe(true);
    expect(await createStateFile({ file }).load()).toEqual({ ok: true, value: { turn: 99 } });
    expect(readdirSync(join(file, '..'))).toEqual(['state.json']);
  });

  it('is never half of anything for who reads it meanwhile, with two processes that replace it', async () => {
    const file = stateIn();
    const states = [createDisk(), createDisk()].map((disk) => createStateFile({ file, disk }));
    await Promise.all(states.map((state) => state.flushed()));
    const long = 'x'.repeat(50_000);
    for (let turn = 0; turn < 50; turn += 1) {
      for (const [writer, state] of states.entries()) state.save({ writer, turn, long });
      if (turn === 0) await Promise.all(states.map((state) => state.flushed()));
      expect(await readJsonFile(file)).toMatchObject({ ok: true, value: { long } });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await Promise.all(states.map((state) => state.flushed()))).toEqual([true, true]);
  });

  it('that cannot be written says so, and is written once it can be', async () => {
    const root = temporaryDirectory();
    writeFileSync(join(root, 'dir'), 'in the way');
    const state = createStateFile({ file: join(root, 'dir/state.json') });
    state.save({ turn: 1 });
    expect(await state.flushed()).toBe(false);
    expect(state.status()).toEqual({
      durable: false,
      reason: `${join(root, 'dir/state.json')}: ENOTDIR: not a directory`,
    });
    rmSync(join(root, 'dir'));
    state.save({ turn: 2 });
    await expect.poll(() => state.status().durable, { timeout: 20_000 }).toBe(true);
    expect(await state.load()).toEqual({ ok: true, value: { turn: 2 } });
  });

  it('is cleared of what killed processes left, and of nothing else', async () => {
    const file = stateIn('dir');
    const directory = join(file, '..');
    mkdirSync(directory);
    const { pid: dead } = spawnSync(process.execPath, ['--version']);
    const names = {
      left: `state.json.${dead}.0123abcd.new`,
      ours: `state.json.${process.pid}.0123abcd.new`,
      alive: `state.json.${process.ppid}.0123abcd.new`,
      other: `other.json.${dead}.0123abcd.new`,
      backup: 'state.json.bak',
    };
    for (const name of Object.values(names)) writeFileSync(join(directory, name), '{');
    const state = createStateFile({ file });
    state.save({});
    await state.flushed();
    expect(readdirSync(directory).sort()).toEqual([names.alive, names.other, names.backup, 'state.json'].sort());
  });

  it.each(['', '{', '\0\0\0'])('that holds %j is an absence', async (text) => {
    const file = stateIn();
    writeFileSync(file, text);
    expect(await createStateFile({ file }).load()).toMatchObject({ ok: false, reason: 'failed' });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
