import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../src/parse/prometheus/answer.ts';
import { scanMatrix } from '../../../src/parse/prometheus/scan-matrix.ts';

const read = (text: string) => readAnswer(Buffer.from(text));
const matrix = (result: string, more = ''): string =>
  `{"status":"success","data":{"resultType":"matrix","result":${result}}${more}}`;

/** A body that only a parser can read: the same JSON with a space in it. */
const spaced = (text: string): string => text.replace('"result":', '"result" :');

describe('an answer of the query API', () => {
  test('a matrix as Prometheus 2.42 prints one', () => {
    const text = matrix(
      '[{"metric":{"UUID":"GPU-1","__name__":"muster_gpu_window_power_watts","gpu":"0"},"values":[[1795702080,"640.25"],[1795702140.5,"NaN"],[1795702200,"1e-07"]]}]',
    );
    expect(read(text)).toEqual({
      ok: true,
      series: [
        {
          labels: { UUID: 'GPU-1', __name__: 'muster_gpu_window_power_watts', gpu: '0' },
          seconds: [1795702080, 1795702140.5, 1795702200],
          values: [640.25, Number.POSITIVE_INFINITY, 1e-7],
        },
      ],
      warnings: [],
    });
  });

  test('a vector, and no series at all', () => {
    expect(
      read('{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[5.5,"-3"]}]}}'),
    ).toEqual({
      ok: true,
      series: [{ labels: {}, seconds: [5.5], values: [-3] }],
      warnings: [],
    });
    expect(read(matrix('[]'))).toEqual({ ok: true, series: [], warnings: [] });
  });

  test('VictoriaMetrics says more, and Thanos warns', () => {
    const text =
      '{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"]]}]},"stats":{"seriesFetched":"1"},"warnings":["store\\nsg1 is away"]}';
    expect(read(text)).toEqual({
      ok: true,
      series: [{ labels: { a: 'b' }, seconds: [1], values: [2] }],
      warnings: ['store sg1 is away'],
    });
  });

  test.each([
    ['-3.5', -3.5],
    ['-0.25', -0.25],
    ['1e-07', 1e-7],
    ['2.5e-10', 2.5e-10],
    ['1.5e+21', 1.5e21],
    ['NaN', Number.POSITIVE_INFINITY],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.POSITIVE_INFINITY],
  ])('the value %j is the same number, read as bytes or by the parser', (value, number) => {
    const text = matrix(`[{"metric":{"a":"b"},"values":[[1,"${value}"]]}]`);
    expect(scanMatrix(Buffer.from(text))).toBeDefined();
    for (const one of [text, spaced(text)]) expect(read(one)).toMatchObject({ series: [{ values: [number] }] });
  });

  test('a value that is no text is none', () => {
    expect(read('{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[5,7]}]}}')).toEqual({
      ok: true,
      series: [{ labels: {}, seconds: [5], values: [Number.POSITIVE_INFINITY] }],
      warnings: [],
    });
  });

  test('a histogram has no values of ours', () => {
    expect(read(matrix('[{"metric":{"a":"b"},"histograms":[[1,{"count":"2"}]]}]'))).toEqual({
      ok: true,
      series: [{ labels: { a: 'b' }, seconds: [], values: [] }],
      warnings: [],
    });
  });

  test.each([
    [''],
    ['null'],
    ['[]'],
    ['{"status":"success"}'],
    [matrix('{}')],
    [matrix('[{"metric":{"a":1},"values":[[1,"2"]]}]')],
    [matrix('[{"metric":{"a":"b"},"values":[["x","2"]]}]')],
    [matrix('[{"metric":{"a":"b"},"values":[null]}]')],
    [matrix('[{"metric":{"a":"b"},"values":[{"0":1,"1":"2"}]}]')],
    [matrix('[{"metric":{"a":"b"},"values":[[1,"2"]')],
    [matrix('[{"metric":{"a":"b"},"values":[[1,"2"]]}]').slice(0, -1)],
    [`${matrix('[{"metric":{"a":"b"},"values":[[1,"2"]]}]')}}`],
  ])('%j is no answer', (text) => {
    expect(read(text)).toMatchObject({ ok: false, why: 'garbage' });
  });

  test.each(['0x10', '1,2', '--1', '1_000', '', 'Infinity', '1e', '01', '1.', '.5', ' 1', '1]'])(
    'the value %j is none, and no other value moves',
    (value) => {
      const answer = read(matrix(`[{"metric":{"a":"b"},"values":[[1,"7"],[2,${JSON.stringify(value)}],[3,"9"]]}]`));
      expect(answer.ok).toBe(true);
      const values = answer.ok ? (answer.series[0]?.values ?? []) : [];
      expect(values).toHaveLength(3);
      expect([values[0], values[2]]).toEqual([7, 9]);
      // "01" is written as a number by nobody; whoever reads it may take it for one.
      if (value !== '01') expect(Number.isFinite(values[1])).toBe(false);
    },
  );

  test('labels may hold anything that JSON can say', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            labels: fc.dictionary(
              fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
              fc.string(),
            ),
            values: fc.array(
              fc.tuple(fc.integer({ min: 0, max: 2e9 }), fc.double({ min: 1e-6, max: 1e20, noNaN: true })),
            ),
          }),
        ),
        (all) => {
          const result = all.map(({ labels, values }) => ({
            metric: labels,
            values: values.map(([seconds, value]) => [seconds, String(value)]),
          }));
          const text = matrix(JSON.stringify(result));
          // Read as bytes, and by the parser: the same.
          expect(scanMatrix(Buffer.from(text))).toBeDefined();
          expect(read(text)).toEqual(read(spaced(text)));
          expect(scanMatrix(Buffer.from(spaced(text)))).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });

  test('a text cut or changed anywhere never throws, and never gives a series that is not there', () => {
    const text = matrix('[{"metric":{"a":"b}\\"]"},"values":[[1,"2"],[2,"3"]]},{"metric":{},"values":[[1,"2.5"]]}]');
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(text.length - 1),
        fc.constantFrom('"', '[', ']', '{', '}', ',', '\\', '9', 'x'),
        (cut, at, byte) => {
          expect(read(text.slice(0, cut)).ok).toBe(cut === text.length);
          const changed = `${text.slice(0, at)}${byte}${text.slice(at + 1)}`;
          const viaBytes = read(changed);
          const viaParser = read(spaced(changed));
          if (viaBytes.ok && viaParser.ok) expect(viaBytes.series).toEqual(viaParser.series);
        },
      ),
      { numRuns: 500 },
    );
  });
});
