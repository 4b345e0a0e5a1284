import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTrusted, untrusted } from '../../src/config/trusted-file.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const STRANGER = 12_345;
const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? '' : ' (skipped: only root can give a file away)';

const fileWith = (mode: number, uid?: number): string => {
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, 'text');
  chmodSync(file, mode);
  if (uid !== undefined) chownSync(file, uid, uid);
  return file;
};

describe('a plugin or a configuration file', () => {
  it.each([0o755, 0o700, 0o644, 0o600])('that only its owner may write (%o) is believed', (mode) => {
    expect(untrusted(fileWith(mode))).toBeUndefined();
  });

  it.each([
    [0o775, '0775'],
    [0o757, '0757'],
    [0o666, '0666'],
  ])('that others may write (%o) is not', (mode, said) => {
    const file = fileWith(mode);
    expect(untrusted(file)).toBe(`${file}: its group or others may write it (mode ${said}); run chmod go-w ${file}`);
  });

  it.skipIf(!isRoot)(`that does not belong to root is not${asRoot}`, () => {
    const file = fileWith(0o755, STRANGER);
    expect(untrusted(file)).toBe(`${file}: belongs to uid 12345, who could change it; run chown root ${file}`);
  });

  it('is judged behind its link, and a directory like a file', () => {
    const directory = temporaryDirectory();
    const target = join(directory, 'target');
    mkdirSync(target);
    chmodSync(target, 0o777);
    symlinkSync(target, join(directory, 'link'));
    expect(untrusted(join(directory, 'link'))).toContain('may write it (mode 0777)');
    chmodSync(target, 0o755);
    expect(untrusted(join(directory, 'link'))).toBeUndefined();
  });
});

describe('a file that holds a secret', () => {
  const read =
    (file: string, isSecret = true) =>
    () =>
      readTrusted(file, { secret: () => isSecret });

  it.each([0o600, 0o640, 0o400, 0o440])('closed to others (%o) is read', (mode) => {
    expect(read(fileWith(mode))()).toBe('text');
  });

  it.each([0o644, 0o604, 0o601])('open to others (%o) is refused', (mode) => {
    const file = fileWith(mode);
    expect(read(file)).toThrow(
      `${file}: holds a secret, and others may reach it (mode 0${mode.toString(8)}); run chmod 640 ${file}`,
    );
  });

  it('may be read by others when it holds none', () => {
    expect(read(fileWith(0o644), false)()).toBe('text');
  });

  it.skipIf(!isRoot)(`of another user is refused${asRoot}`, () => {
    expect(read(fileWith(0o600, STRANGER))).toThrow('belongs to uid 12345');
  });

  it('is refused behind a link that is closed itself', () => {
    const file = fileWith(0o644);
    symlinkSync(file, `${file}.link`);
    expect(read(`${file}.link`)).toThrow('others may reach it');
  });

  it('must be there, and a regular file', () => {
    const directory = temporaryDirectory();
    expect(read(join(directory, 'none'))).toThrow('cannot be read (ENOENT)');
    expect(read(directory)).toThrow('is not a regular file');
  });
});
