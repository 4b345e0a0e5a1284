import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explainBucket, xidCatalogue, xidMeaning } from '../../src/knowledge/xid/index.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const data = process.env.MUSTER_DATA ?? resolve(repository, '../shared/data');
const sheet = resolve(data, 'xid-catalog/xids.tsv');

const severityOf = (code: number) => xidMeaning(code).severity;

describe('the Xid catalogue', () => {
  it('holds every code from 1 to 172 once, in order', () => {
    expect(xidCatalogue.map(({ code }) => code)).toEqual(Array.from({ length: 172 }, (_, at) => at + 1));
  });

  it('says in words of its own what each code means', () => {
    for (const { code, meaning } of xidCatalogue) expect(meaning, `Xid ${code}`).toMatch(/^[A-Z].{15,180}\.$/);
  });

  it('explains every bucket that it uses', () => {
    const used = new Set(xidCatalogue.flatMap(({ immediate, investigatory }) => [immediate, investigatory]));
    used.delete('');
    for (const name of used) expect(explainBucket(name), name).toBeTypeOf('string');
  });

  it.each([13, 31, 43, 45])('never lets application Xid %i alone hold back a job', (code) => {
    expect(xidMeaning(code)).toMatchObject({
      class: 'application',
      severity: 'INFO',
      action: { drain: false },
      lifetime: { clearedAfterSeconds: expect.any(Number) },
    });
  });

  it.each([
    [48, 'reset_gpu', 'gpu-reset'],
    [62, 'reset_gpu', 'gpu-reset'],
    [64, 'service', 'service'],
    [74, 'reset_gpu', 'gpu-reset'],
    [79, 'reboot', 'reboot'],
    [95, 'reset_gpu', 'gpu-reset'],
    [109, 'reset_gpu', 'gpu-reset'],
    [119, 'reset_gpu', 'gpu-reset'],
    [120, 'reset_gpu', 'gpu-reset'],
    [136, 'reset_gpu', 'gpu-reset'],
    [140, 'reset_gpu', 'gpu-reset'],
    [143, 'reset_gpu', 'gpu-reset'],
    [158, 'reset_gpu', 'gpu-reset'],
    [167, 'reboot', 'reboot'],
    [171, 'reset_gpu', 'gpu-reset'],
    [172, 'reset_gpu', 'gpu-reset'],
  ])('drains the node on Xid %i, then %s', (code, then, clearedBy) => {
    expect(xidMeaning(code)).toMatchObject({
      severity: 'CRITICAL',
      action: { drain: true, then },
      lifetime: { clearedBy },
    });
  });

  it.each([
    [63, 'watch'],
    [92, 'watch'],
    [94, 'restart_app'],
    [54, 'service'],
    [32, 'restart_app'],
  ])('warns of Xid %i without a drain', (code, then) => {
    expect(xidMeaning(code)).toMatchObject({ severity: 'WARNING', action: { drain: false, then } });
  });

  it.each([144, 145, 146, 147, 148, 149, 150])('lets an undecoded NVLink 5 Xid %i be inspected', (code) => {
    expect(xidMeaning(code)).toMatchObject({ severity: 'WARNING', action: { drain: false } });
  });

  it('asks for a drain exactly where it is critical, and no critical Xid ever clears by age', () => {
    for (const { code } of xidCatalogue) {
      const { severity, action, lifetime } = xidMeaning(code);
      expect(action.drain, `Xid ${code}`).toBe(severity === 'CRITICAL');
      if (severity === 'CRITICAL') expect(lifetime, `Xid ${code}`).toHaveProperty('clearedBy');
    }
  });

  it("is critical wherever NVIDIA's bucket is a reset or a reboot, and never where it is to restart the program", () => {
    for (const { code, immediate } of xidCatalogue) {
      if (['RESET_GPU', 'RESTART_BM', 'RESTART_VM'].includes(immediate))
        expect(severityOf(code), `${code}`).toBe('CRITICAL');
      if (['RESTART_APP', 'IGNORE'].includes(immediate)) expect(severityOf(code), `${code}`).not.toBe('CRITICAL');
    }
  });

  it.each([0, -1, 173, 999, 4_294_967_296, Number.NaN, 48.5])(
    'answers for the unknown code %d with a warning',
    (code) => {
      const meaning = xidMeaning(code);
      expect(meaning).toMatchObject({
        class: 'unknown',
        severity: 'WARNING',
        mnemonic: 'UNKNOWN',
        action: { drain: false },
      });
      expect(meaning.lifetime).not.toHaveProperty('clearedAfterSeconds');
    },
  );
});

describe.skipIf(!existsSync(sheet))(
  `the Xid catalogue against NVIDIA's table (${existsSync(sheet) ? 'found' : 'not here'})`,
  () => {
    const rows = existsSync(sheet)
      ? readFileSync(sheet, 'utf8')
          .split('\n')
          .map((line) => line.split('\t').map((cell) => cell.replaceAll(/\s+/g, ' ').trim()))
          .filter(([type, code]) => type === 'XID' && /^\d+$/.test(code ?? ''))
      : [];

    it('has the same codes, mnemonics, generations, buckets and links to Xid 154', () => {
      expect(rows.length).toBe(172);
      const generations = ['A100', 'H100', 'B100', 'GB200'];
      const theirs = rows.map(([, code, mnemonic, , a, h, b, g, immediate, investigatory, linked]) => ({
        code: Number(code),
        mnemonic,
        appliesTo: generations.filter((_, at) => [a, h, b, g][at] === 'YES'),
        immediate: immediate ?? '',
        investigatory: investigatory ?? '',
        linkedTo154: (linked ?? '') !== '',
      }));
      expect(xidCatalogue.map(({ meaning: _meaning, judgement: _judgement, ...facts }) => facts)).toEqual(theirs);
    });

    it('copies none of its sentences', () => {
      for (const { code, meaning } of xidCatalogue) {
        const words = rows.find((row) => Number(row[1]) === code);
        expect(words?.[3]?.replace(/\.$/, ''), `Xid ${code}`).not.toBe(meaning.replace(/\.$/, ''));
        expect(words?.[11] ?? '', `Xid ${code}`).not.toContain(meaning);
      }
    });
  },
);
