import { describe, expect, it } from 'vitest';
import { ANSI, PLAIN, paletteFor } from '../../src/report/colour.ts';
import { textReport } from '../../src/report/text.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { gpuRef } from '../support/healthy-gpu.ts';
import {
  checkOf,
  failingCheck,
  failingSnapshot,
  findingOf,
  gpuCheck,
  skippedCheck,
  snapshotOf,
} from '../support/snapshot.ts';
import { OPTIONS } from './options.ts';

const textOf = (...args: Parameters<typeof snapshotOf>): string => textReport(verdictOf(snapshotOf(...args), OPTIONS));
const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);

describe('text for people', () => {
  it('of a failing node', async () => {
    await expect(textReport(verdictOf(failingSnapshot(), OPTIONS))).toMatchFileSnapshot('../golden/report/failing.txt');
  });

  it('of a healthy node, simulated', async () => {
    const snapshot = snapshotOf({ node: { ...snapshotOf().node, mock: 'hgx-h100-8' } });
    const text = textReport(verdictOf(snapshot, OPTIONS), { mock: 'hgx-h100-8' });
    await expect(text).toMatchFileSnapshot('../golden/report/healthy-simulated.txt');
  });

  it('ends with the verdict and the exit code', () => {
    expect(lastLine(textOf())).toBe('READY: PASS (10 passed, 2 skipped), exit code 0');
    expect(lastLine(textReport(verdictOf(failingSnapshot(), OPTIONS)))).toMatch(/^NOT READY: CRITICAL .*exit code 1$/);
    expect(lastLine(textReport(verdictOf(failingSnapshot(), OPTIONS), { exitCode: 2 }))).toMatch(/exit code 2$/);
  });

  it('says why it does not know when no check says so', () => {
    expect(textOf({ checks: [skippedCheck('gpu/ecc-errors', 'nothing here')] })).toContain(
      'No check could judge a GPU',
    );
  });

  it('says what one lost GPU silences once, not once a check', () => {
    const lost = ['gpu/ecc-errors', 'gpu/row-remaps', 'gpu/pcie-replays'].map((id) =>
      checkOf(id, {
        severity: 'UNKNOWN',
        unjudged: [{ component: gpuRef(3), reason: 'lost', detail: 'GPU is lost', verdict: 'UNKNOWN' }],
      }),
    );
    const text = textOf({ checks: lost });
    expect(text.match(/GPU is lost/g)).toHaveLength(1);
    expect(text).toContain('gpu/ecc-errors, gpu/row-remaps, gpu/pcie-replays');
  });

  it('does not let the machine write to the terminal', () => {
    const hostile = 'Xid 79 \u001b[2J\u001b]0;owned\u0007 \r\nREADY: PASS \u202e';
    const checks = [
      gpuCheck('gpu/ecc-errors'),
      failingCheck([findingOf({ message: hostile, observed: hostile, evidence: { text: hostile } })]),
    ];
    const text = textOf({ checks, node: { ...snapshotOf().node, name: hostile } });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text.split('\n').filter((line) => line.startsWith('READY'))).toEqual([]);
  });

  it('keeps within the terminal, and never breaks what is to be copied', () => {
    const lines = textReport(verdictOf(failingSnapshot(), OPTIONS), { columns: 80 }).split('\n');
    const long = lines.filter(
      (line) => line.length > 80 && !line.includes('GPU-') && !line.includes('suppressed until'),
    );
    expect(long).toEqual(lines.filter((line) => line.startsWith('NOT READY') && line.length > 80));
  });
});

describe('colour', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ] as const)('%o on a terminal: %s gives colour: %s', (env, isTTY, coloured) => {
    expect(paletteFor(env, isTTY)).toBe(coloured ? ANSI : PLAIN);
  });

  it('adds nothing but colour', () => {
    const verdict = verdictOf(failingSnapshot(), OPTIONS);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colour
    expect(textReport(verdict, { palette: ANSI }).replaceAll(/\u001b\[\d+m/g, '')).toBe(textReport(verdict));
  });
});
