import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { junitReport } from '../../src/report/junit.ts';
import { nagiosReport } from '../../src/report/nagios.ts';
import { npdReport } from '../../src/report/npd.ts';
import { prometheusReport } from '../../src/report/prometheus.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { failingCheck, failingSnapshot, findingOf, gpuCheck, skippedCheck, snapshotOf } from '../support/snapshot.ts';
import { OPTIONS } from './options.ts';

const failing = verdictOf(failingSnapshot(), OPTIONS);
const healthy = verdictOf(snapshotOf(), OPTIONS);
const saying = (message: string) =>
  verdictOf(
    snapshotOf({ checks: [gpuCheck('gpu/ecc-errors'), failingCheck([findingOf({ message, observed: message })])] }),
    OPTIONS,
  );

const anyText = fc.string({ unit: 'binary', maxLength: 400 });

describe('nagios', () => {
  it('says the state, the worst finding and the numbers', () => {
    expect(nagiosReport(failing)).toBe(
      'MUSTER CRITICAL - 2 critical, 1 unknown, 1 warning, 4 passed, 1 suppressed, 3 skipped: gpu/xid-errors GPU 3: Xid 79: the GPU has fallen off the bus' +
        ' | critical=2;;1;0 unknown=1;;;0 warning=1;1;;0 passed=4;;;0 suppressed=1;;;0 duration=5.3s;;;0\n',
    );
    expect(nagiosReport(healthy)).toMatch(/^MUSTER OK - 10 passed, 2 skipped \| /);
  });
  it('is one line with one bar, whatever the machine says', () => {
    fc.assert(
      fc.property(anyText, (message) => {
        const text = nagiosReport(saying(message));
        expect(text.match(/\|/g)).toHaveLength(1);
        expect(text.match(/\n/g)).toHaveLength(1);
      }),
      { examples: [['a|b=1;2'], ['\r\n|']] },
    );
  });
});

describe('npd', () => {
  it('says the worst finding, or that the node is ready', () => {
    expect(npdReport(failing)).toBe('gpu/xid-errors GPU 3: Xid 79: the GPU has fallen off the bus\n');
    expect(npdReport(healthy)).toBe('PASS: ready for jobs\n');
    const nothing = verdictOf(snapshotOf({ checks: [skippedCheck('gpu/ecc-errors', 'nothing here')] }), OPTIONS);
    expect(npdReport(nothing)).toMatch(/^no check could judge a GPU/);
  });
  it('is one line of at most 80 bytes, whatever the machine says', () => {
    fc.assert(
      fc.property(anyText, (message) => {
        const text = npdReport(saying(message));
        expect(Buffer.byteLength(text.trimEnd())).toBeLessThanOrEqual(80);
        expect(text.match(/\n/g)).toHaveLength(1);
      }),
    );
  });
});

describe('junit', () => {
  const elementsOf = (xml: string): readonly string[] => {
    const names: string[] = [];
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name, attributes }) =>
      names.push(`${name} ${attributes.name ?? attributes.type ?? ''}`.trim()),
    );
    parser.write(xml).close();
    return names;
  };

  it('has a case for each check with its outcome', () => {
    const elements = elementsOf(junitReport(failing));
    expect(elements).toContain('testcase gpu/xid-errors');
    expect(elements[elements.indexOf('testcase gpu/xid-errors') + 1]).toBe('failure CRITICAL');
    expect(elements[elements.indexOf('testcase gpu/nvlink-errors') + 1]).toBe('error UNKNOWN');
    expect(elements[elements.indexOf('testcase network/congestion') + 1]).toBe('skipped');
    expect(elements[elements.indexOf('testcase network/link-flaps') + 1]).toBe('system-out');
    expect(elements.filter((name) => name.startsWith('testcase'))).toHaveLength(failing.checks.length);
  });
  it('is well formed, whatever the machine says', () => {
    fc.assert(fc.property(anyText, (message) => elementsOf(junitReport(saying(message))).length > 0));
    expect(() => elementsOf(junitReport(saying(']]></failure>&\ud800\u0000\ufffe"')))).not.toThrow();
  });
});

it('prometheus carries the outcome of this validation', async () => {
  const text = await prometheusReport(failingSnapshot(), failing);
  expect(text).toContain('muster_validation_status{level="prejob",state="critical"} 1');
  expect(text).toContain('muster_validation_duration_seconds{level="prejob"} 5.3');
  expect(text).toContain('muster_validation_last_timestamp_seconds{level="prejob"} 1748779200');
});
