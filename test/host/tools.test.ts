import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FALLBACK_PATH, findTool, searchPath } from '../../src/host/tools.ts';
import { temporaryDirectory, writeTool } from '../support/temporary.ts';

describe('findTool', () => {
  it.each([
    ['unset', undefined],
    ['empty', ''],
  ])('looks in the fixed directories when PATH is %s', async (_, path) => {
    expect(searchPath(path)).toBe(FALLBACK_PATH);
    expect(await findTool('sh', { path })).toEqual({ ok: true, value: expect.stringMatching(/\/bin\/sh$/) });
  });

  it('prefers the configured path', async () => {
    const file = writeTool(temporaryDirectory(), 'mine', 'true');
    expect(await findTool('sh', { path: '/bin', tools: { sh: file } })).toEqual({ ok: true, value: file });
  });

  it.each([
    [
      'does not exist',
      '/no/such/file',
      'no-tool',
      /\/no\/such\/file is not there \(ENOENT\) \(configured path of sh\)/,
    ],
    ['is relative', 'bin/sh', 'no-tool', /not an absolute path/],
    ['is a directory', '/tmp', 'no-tool', /not a file/],
  ])('does not fall back to PATH when the configured path %s', async (_, configured, reason, detail) => {
    expect(await findTool('sh', { path: '/bin', tools: { sh: configured } })).toEqual({
      ok: false,
      reason,
      detail: expect.stringMatching(detail),
    });
  });

  it('goes on after a file that may not be executed, and says so when there is no other', async () => {
    const first = temporaryDirectory();
    const second = temporaryDirectory();
    writeFileSync(join(first, 'tool'), '');
    chmodSync(join(first, 'tool'), 0o644);
    expect(await findTool('tool', { path: `${first}:${second}` })).toMatchObject({ reason: 'denied' });
    const file = writeTool(second, 'tool', 'true');
    expect(await findTool('tool', { path: `${first}:${second}` })).toEqual({ ok: true, value: file });
  });

  it('ignores directories and relative entries of PATH', async () => {
    const bin = temporaryDirectory();
    mkdirSync(join(bin, 'tool'));
    expect(await findTool('tool', { path: `.:${bin}::` })).toEqual({
      ok: false,
      reason: 'no-tool',
      detail: 'tool is not on PATH',
    });
  });

  it.each(['toString', '__proto__'])('has no tool configured as %s', async (name) => {
    expect(await findTool(name, { path: '/bin' })).toMatchObject({ reason: 'no-tool' });
  });
});
