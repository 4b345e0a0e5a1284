import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GpuSample, Reading } from '../../../src/api.ts';
import { type QuerySample, readQueryHeader, readQueryLine } from '../../../src/parse/nvidia-smi/query.ts';
import { refusedField } from '../../../src/parse/nvidia-smi/refused-field.ts';
import { HEADER, logLines, logText, uuidOf } from '../../support/query-log.ts';
import { haveSamples, sample, sampleNames } from '../../support/samples.ts';

const columnsOf = (header: string) => {
  const columns = readQueryHeader(header);
  if (!columns.ok) throw new Error(columns.detail);
  return columns.value;
};

/** What the last line says. */
const read = (header: string, ...lines: readonly string[]): Reading<QuerySample> => {
  const columns = columnsOf(header);
  const all = lines.map((line) => readQueryLine(columns, line));
  const last = all.at(-1);
  if (last === undefined) throw new Error('no line');
  return last;
};

const sampleOf = (header: string, ...lines: readonly string[]): QuerySample => {
  const line = read(header, ...lines);
  if (!line.ok) throw new Error(line.detail);
  return line.value;
};

const AT = '2026/11/26 14:30:01.123';
const AT_MS = Date.UTC(2026, 10, 26, 14, 30, 1, 123);

/** What one more column says. */
const sampleWith = (column: string, text: string): GpuSample =>
  sampleOf(`timestamp, index, ${column}, utilization.memory [%]`, `${AT}, 3, ${text}, 5 %`).sample;

describe('a column of nvidia-smi --query-gpu', () => {
  test.each([
    ['utilization.gpu [%]', '37 %', { utilizationRatio: 0.37 }],
    ['utilization.gpu [%]', '37', { utilizationRatio: 0.37 }],
    ['utilization.gpu', '37', { utilizationRatio: 0.37 }],
    ['clocks.current.sm [MHz]', '1980 MHz', { smClockHertz: 1980e6 }],
    ['clocks.sm [MHz]', '1980', { smClockHertz: 1980e6 }],
    ['CLOCKS.SM [MHz]', '1980', { smClockHertz: 1980e6 }],
    ['power.draw [W]', '631.95 W', { powerWatts: 631.95 }],
    ['power.draw.instant [W]', '631.95', { powerWatts: 631.95 }],
    ['power.draw.average [W]', '631.95', { powerWatts: 631.95 }],
    ['enforced.power.limit [W]', '700.00 W', { powerLimitWatts: 700 }],
    ['gpu.power.current_limit [W]', '700.00 W', { powerLimitWatts: 700 }],
    ['power.limit [W]', '650.00 W', { powerLimitWatts: 650 }],
    ['gpu.power.requested_limit [W]', '650.00 W', { powerLimitWatts: 650 }],
    ['power.default_limit [W]', '700.00 W', { defaultPowerLimitWatts: 700 }],
    ['temperature.gpu', '59', { temperatureCelsius: 59 }],
    ['temperature.gpu', '-4', { temperatureCelsius: -4 }],
    ['temperature.memory', '54', { memoryTemperatureCelsius: 54 }],
    ['pcie.link.gen.current', '5', { pcieGeneration: 5 }],
    ['pcie.link.gen.gpucurrent', '3', { pcieGeneration: 3 }],
    ['pcie.link.gen.max', '5', { pcieMaxGeneration: 5 }],
    ['pcie.link.width.current', '8', { pcieWidth: 8 }],
    ['pcie.link.width.max', '16', { pcieMaxWidth: 16 }],
    ['clocks.applications.graphics [MHz]', '1410 MHz', { applicationSmHertz: 1410e6 }],
    ['clocks.applications.gr [MHz]', '1410 MHz', { applicationSmHertz: 1410e6 }],
    ['clocks.default_applications.graphics [MHz]', '1095 MHz', { defaultApplicationSmHertz: 1095e6 }],
    ['remapped_rows.correctable', '12', { remappedRows: 12 }],
    ['remapped_rows.dbe', '3', { remappedRows: 3 }],
    ['clocks_event_reasons.sw_thermal_slowdown', 'Active', { throttled: { sw_thermal: true } }],
    ['clocks_throttle_reasons.hw_power_brake_slowdown', 'Not Active', { throttled: { hw_power_brake: false } }],
    [
      'clocks_event_reasons_counters.sw_power_cap [us]',
      '5459682741 us',
      { throttleSeconds: { sw_power_cap: 5459.682741 } },
    ],
    ['clocks_event_reasons_counters.hw_thermal_slowdown [us]', '1500000', { throttleSeconds: { hw_thermal: 1.5 } }],
  ])('%s says %s', (column, text, expected) => {
    expect(sampleWith(column, text)).toEqual({ at: AT_MS, ...expected });
  });

  test.each([
    'N/A',
    '[N/A]',
    '[Not Supported]',
    '[Unknown Error]',
    '[GPU requires reset]',
    '[GPU is lost]',
    '[Insufficient Permissions]',
    '[Requested functionality has been deprecated]',
    'Some Later Word',
    'another word',
    'zero',
    'Zero',
    '',
  ])('that says "%s" says nothing', (text) => {
    for (const column of ['utilization.gpu [%]', 'clocks_event_reasons.active', 'clocks_event_reasons.sw_power_cap'])
      expect(sampleWith(column, text)).toEqual({ at: AT_MS });
  });

  test('in a unit that NVIDIA does not print there is not guessed at', () => {
    const header = 'timestamp, index, power.draw [mW], utilization.gpu [%]';
    expect(sampleOf(header, `${AT}, 0, 631950, 90 %`).sample).toEqual({ at: AT_MS, utilizationRatio: 0.9 });
    const odd = 'timestamp, index, clocks_event_reasons.sw_power_cap [us], utilization.gpu [%]';
    expect(sampleOf(odd, `${AT}, 0, Active, 90 %`).sample).toEqual({ at: AT_MS, utilizationRatio: 0.9 });
  });

  const REASONS = [
    ['gpu_idle', 'idle', 0x1],
    ['applications_clocks_setting', 'application_clocks', 0x2],
    ['sw_power_cap', 'sw_power_cap', 0x4],
    ['hw_slowdown', 'hw_slowdown', 0x8],
    ['sync_boost', 'sync_boost', 0x10],
    ['sw_thermal_slowdown', 'sw_thermal', 0x20],
    ['hw_thermal_slowdown', 'hw_thermal', 0x40],
    ['hw_power_brake_slowdown', 'hw_power_brake', 0x80],
    ['display_clocks_setting', 'display', 0x100],
  ] as const;

  test.each(REASONS)('of the reason %s says %s, as a flag and as a bit of the mask', (name, reason, bit) => {
    for (const group of ['clocks_event_reasons', 'clocks_throttle_reasons']) {
      expect(sampleWith(`${group}.${name}`, 'Active').throttled).toEqual({ [reason]: true });
      const { throttled = {} } = sampleWith(`${group}.active`, `0x${bit.toString(16).padStart(16, '0')}`);
      expect(Object.entries(throttled).filter(([, isActive]) => isActive)).toEqual([[reason, true]]);
    }
  });

  test.each([
    ['utilization.gpu [%]', '100', '101'],
    ['clocks.sm [MHz]', '10000', '10001'],
    ['power.draw [W]', '20000.00', '20000.01'],
    ['temperature.gpu', '250', '251'],
    ['temperature.gpu', '-100', '-101'],
    ['pcie.link.gen.current', '16', '17'],
    ['pcie.link.width.current', '64', '65'],
    ['remapped_rows.correctable', '1000000', '1000001'],
    ['clocks_event_reasons_counters.sw_power_cap [us]', '0', '-1'],
  ])('%s may say %s, but no machine gives %s', (column, possible, impossible) => {
    expect(Object.keys(sampleWith(column, possible))).toHaveLength(2);
    expect(read(`timestamp, index, ${column}, power.limit [W]`, `${AT}, 3, ${impossible}, 700.00`)).toMatchObject({
      ok: false,
      reason: 'failed',
    });
  });

  test('of the reasons in force is a bit mask, in which unsupported bits say nothing', () => {
    const header = 'timestamp, index, clocks_event_reasons.supported, clocks_event_reasons.active';
    const { throttled } = sampleOf(header, `${AT}, 0, 0x0000000000000064, 0x0000000000000024`).sample;
    expect(throttled).toEqual({ sw_power_cap: true, sw_thermal: true, hw_thermal: false });
    const all = sampleOf('timestamp, index, clocks_throttle_reasons.active', `${AT}, 0, 0x0000000000000080`).sample;
    expect(all.throttled).toMatchObject({ hw_power_brake: true, hw_slowdown: false, idle: false });
    expect(Object.keys(all.throttled ?? {})).toHaveLength(9);
  });

  test('that tells the same as another stands in for it only where that is silent', () => {
    const header =
      'timestamp, index, power.draw.instant [W], power.limit [W], enforced.power.limit [W], power.draw [W]';
    expect(sampleOf(header, `${AT}, 0, 610.00 W, 700.00 W, 500.00 W, 600.00 W`).sample).toMatchObject({
      powerWatts: 600,
      powerLimitWatts: 500,
    });
    expect(sampleOf(header, `${AT}, 0, 610.00 W, 700.00 W, [N/A], [N/A]`).sample).toMatchObject({
      powerWatts: 610,
      powerLimitWatts: 700,
    });
  });

  test('of rows that were remapped adds up with the other kind, whichever spelling asks twice', () => {
    const header = 'timestamp, index, remapped_rows.correctable, remapped_rows.uncorrectable, remapped_rows.sbe';
    expect(sampleOf(header, `${AT}, 0, 4, 3, 4`).sample.remappedRows).toBe(7);
  });
});

describe('which GPU a line is about', () => {
  const header = 'timestamp, index, gpu_uuid, gpu_name, gpu_bus_id, mig.mode.current, utilization.gpu [%]';

  test('is told by UUID, bus id, index and name', () => {
    const line = `${AT}, 3, ${uuidOf(1, 3)}, NVIDIA H100 80GB HBM3, 00000000:1b:00.0, Disabled, 90 %`;
    expect(sampleOf(header, line)).toMatchObject({
      model: 'NVIDIA H100 80GB HBM3',
      ref: {
        kind: 'gpu',
        key: `gpu:${uuidOf(1, 3)}`,
        index: 3,
        uuid: uuidOf(1, 3),
        pciBusId: '00000000:1B:00.0',
        model: 'NVIDIA H100 80GB HBM3',
      },
    });
  });

  test('in MIG mode is another model than its siblings', () => {
    const line = `${AT}, 3, ${uuidOf(1, 3)}, NVIDIA H100 80GB HBM3, 00000000:1b:00.0, Enabled, [N/A]`;
    expect(sampleOf(header, line).model).toBe('NVIDIA H100 80GB HBM3 in MIG mode');
  });

  test('stays who it was when it prints no UUID any more', () => {
    const line = `${AT}, 3, ${uuidOf(1, 3)}, NVIDIA H100 80GB HBM3, 00000000:1b:00.0, Disabled, 90 %`;
    const lost = `${AT}, 3, [GPU requires reset], [GPU requires reset], [GPU requires reset], [N/A], [GPU requires reset]`;
    expect(sampleOf(header, line, lost)).toEqual({
      ref: expect.objectContaining({ key: `gpu:${uuidOf(1, 3)}` }),
      model: 'NVIDIA H100 80GB HBM3',
      sample: { at: AT_MS },
    });
  });

  test('keeps its name and address as long as index and UUID are the same', () => {
    const line = `${AT}, 3, ${uuidOf(1, 3)}, NVIDIA H100 80GB HBM3, 00000000:1b:00.0, Disabled, 90 %`;
    const silent = `${AT}, 3, ${uuidOf(1, 3)}, [Unknown Error], [Unknown Error], Disabled, 90 %`;
    expect(sampleOf(header, line, silent).ref).toMatchObject({
      model: 'NVIDIA H100 80GB HBM3',
      pciBusId: '00000000:1B:00.0',
    });
  });

  test('may be told by the bus id alone', () => {
    const line = `${AT}, 00000000:1b:00.0, 90 %`;
    expect(sampleOf('timestamp, pci.bus_id, utilization.gpu [%]', line).ref.key).toBe('gpu:00000000:1B:00.0');
  });

  test('is told by the bus id where captures have one UUID for all, and by the index where there is nothing else', () => {
    const masked = 'GPU-00000000-0000-0000-0000-000000000000';
    const line = `${AT}, 3, ${masked}, NVIDIA H100 80GB HBM3, 00000000:1b:00.0, Disabled, 90 %`;
    expect(sampleOf(header, line).ref.key).toBe('gpu:00000000:1B:00.0');
    expect(sampleOf('timestamp, index, utilization.gpu [%]', `${AT}, 3, 90 %`).ref.key).toBe('gpu:#3');
  });

  test('is the same object for each line of one GPU', () => {
    const columns = columnsOf(HEADER);
    const lines = logLines({ node: 1, minutes: 2 });
    // In the order in which they are printed, and in any other.
    const refs = [...lines, ...lines.toReversed(), ...lines.filter((_, i) => i % 3 === 0)].map((line) => {
      const one = readQueryLine(columns, line);
      return one.ok ? one.value.ref : undefined;
    });
    expect(new Set(refs).size).toBe(8);
  });

  test('is remembered also after more GPUs than any node has', () => {
    const columns = columnsOf('timestamp, index, uuid, utilization.gpu [%]');
    const idOf = (n: number): string => `GPU-${String(n).padStart(8, '0')}-aaaa-bbbb-cccc-000000000000`;
    for (let n = 1; n <= 4097; n += 1) readQueryLine(columns, `${AT}, ${n % 1000}, ${idOf(n)}, 90 %`);
    const lost = readQueryLine(columns, `${AT}, ${4097 % 1000}, [GPU is lost], [GPU is lost]`);
    expect(lost).toMatchObject({ ok: true, value: { ref: { uuid: idOf(4097) } } });
    // Those before are not: what looks like a UUID must not fill the memory.
    const forgotten = readQueryLine(columns, `${AT}, ${4096 % 1000}, [GPU is lost], [GPU is lost]`);
    expect(forgotten).toMatchObject({ ok: true, value: { ref: { key: 'gpu:#96' } } });
  });
});

describe('a header', () => {
  test.each([
    ['index, utilization.gpu [%]', 'unsupported', 'no column timestamp; add it'],
    ['timestamp, utilization.gpu [%]', 'unsupported', 'add index or uuid'],
    ['timestamp, index, memory.used [MiB]', 'unsupported', 'add utilization.gpu'],
    ['nohup: ignoring input', 'failed', 'no header'],
    ['', 'failed', 'no header'],
    ['2026/11/26 14:30:01.123, 0, 90 %', 'failed', 'no header'],
    ['timestamp, index, utilization.gpu [%], 5', 'failed', 'no header'],
    ['timestamp, index, utilization.gpu [%],  ', 'failed', 'no header'],
    ['timestamp', 'failed', 'no header'],
  ])('"%s" is %s', (line, reason, words) => {
    const header = readQueryHeader(line);
    expect(header).toMatchObject({ ok: false, reason });
    expect(header).toHaveProperty('detail', expect.stringContaining(words));
  });
});

describe('a line in quotes', () => {
  const header = '"timestamp","index","name","power.draw [W]"';

  test('says what it says without', () => {
    expect(sampleOf(header, `"${AT}","3","NVIDIA H100, 80GB","631.95 W"`)).toMatchObject({
      model: 'NVIDIA H100  80GB',
      sample: { at: AT_MS, powerWatts: 631.95 },
    });
    expect(sampleOf(header, `${AT},3,NVIDIA H100,631.95 W`).sample).toEqual({ at: AT_MS, powerWatts: 631.95 });
  });

  test.each([`"${AT}","3","NVIDIA H100","63`, `"${AT}","3"`, `"${AT}","3","NVIDIA H100",""631.95 W"`, '"'])(
    'that is damaged says nothing: %s',
    (line) => {
      expect(read(header, line)).toMatchObject({ ok: false });
    },
  );
});

test('blanks around the fields and the end of a line of Windows are nothing', () => {
  const header = 'timestamp, index, utilization.gpu [%], power.draw [W]';
  expect(sampleOf(header, `  ${AT}  ,\t3 , 90 % ,631.95 W \r`)).toEqual(sampleOf(header, `${AT}, 3, 90 %, 631.95 W`));
});

describe('the column that nvidia-smi refuses', () => {
  test.each([
    ['Field "gpu.power.draw" is not a valid field to query.', 'gpu.power.draw'],
    [' Field "gpu.power.draw" is not a valid field to query.\r\n', 'gpu.power.draw'],
    ['Field "" is not a valid field to query.', undefined],
    ['Field "x" is not a valid field to query. Really', undefined],
    ['The Field "x" is not a valid field to query.', undefined],
    ['', undefined],
  ])('%j: %s', (line, column) => {
    expect(refusedField(line)).toBe(column);
  });
});

test.each(['1', '0x1', '90 %', '-'])('%j is no answer of a flag', (text) => {
  expect(read('timestamp, index, clocks_event_reasons.sw_power_cap', `${AT}, 3, ${text}`)).toMatchObject({
    ok: false,
    reason: 'failed',
  });
});

describe('a damaged line says nothing at all', () => {
  const header = 'timestamp, index, utilization.gpu [%], power.draw [W]';
  const whole = `${AT}, 0, 90 %, 631.95 W`;

  test.each([
    ['cut in a field', `${AT}, 0, 9`, '3 fields, the header has 4'],
    ['run into the next', `${AT}, 0, 90 %, 631.9${AT}, 0, 90 %, 631.95 W`, 'fields'],
    ['run into a header', `${AT}, 0, 90 %, 63timestamp, index, utilization.gpu [%], power.draw [W]`, 'fields'],
    ['with digits of two values', `${AT}, 0, 9099 %, 631.95 W`, 'no value of utilization.gpu'],
    ['with a value that lost its unit', `${AT}, 0, 90 %, 631`, 'no value of power.draw'],
    ['with two decimal points', `${AT}, 0, 90 %, 631.95.95 W`, 'no value of power.draw'],
    ['below zero', `${AT}, 0, 90 %, -631.95 W`, 'no value of power.draw'],
    ['of no day', `2026/02/31 14:30:01.123, 0, 90 %, 631.95 W`, 'no time'],
    ['of no hour', `2026/11/26 24:30:01.123, 0, 90 %, 631.95 W`, 'no time'],
    ['of another format', `2026-11-26T14:30:01.123, 0, 90 %, 631.95 W`, 'no time'],
    ['of no GPU', `${AT}, [N/A], 90 %, 631.95 W`, 'says which GPU'],
    ['of an impossible GPU', `${AT}, 99999, 90 %, 631.95 W`, 'index'],
    ['of a GPU below zero', `${AT}, -1, 90 %, 631.95 W`, 'index'],
    ['with a value that is a number of another column', `${AT}, 0, 90 %, 631.95 W 7`, 'no value of power.draw'],
    ['with a value that begins oddly', `${AT}, 0, {90 %, 631.95 W`, 'no value of utilization.gpu'],
    ['of NULs', '\0'.repeat(80), 'fields'],
  ])('%s', (_, line, why) => {
    const damaged = read(header, whole, line);
    expect(damaged).toMatchObject({ ok: false });
    expect(damaged).toHaveProperty('detail', expect.stringContaining(why));
    expect(read(header, whole, line, whole)).toMatchObject({ ok: true });
  });
});

describe('whatever the text', () => {
  const columns = columnsOf(HEADER);
  const lines = logLines({ node: 1, minutes: 3, hot: { gpu: 2, from: 1 } });
  const honest = lines.map((line) => readQueryLine(columns, line));

  test('nothing is thrown, and what is no line is none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readQueryLine(columns, text).ok).toBe(false);
        expect(readQueryHeader(text).ok).toBe(false);
      }),
    );
  });

  test('a line that is cut anywhere has no value that the whole line has not', () => {
    fc.assert(
      fc.property(fc.constantFrom(...lines.keys()), fc.nat(400), (at, length) => {
        const line = lines[at] ?? '';
        if (length >= line.length) return;
        const own = columnsOf(HEADER);
        for (const before of lines.slice(0, 8)) readQueryLine(own, before);
        const cut = readQueryLine(own, line.slice(0, length));
        const whole = honest[at];
        if (!cut.ok || !whole?.ok) return;
        expect(whole.value.sample).toMatchObject(cut.value.sample);
      }),
      { numRuns: 500 },
    );
  });

  test('two lines that ran into each other say nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(...lines),
        (a, cut, b) => {
          if (cut >= a.length) return;
          // A logger that died in its line and was started again; two loggers of one file.
          expect(readQueryLine(columns, `${a.slice(0, cut)}${b}`).ok).toBe(false);
          expect(readQueryLine(columns, a.slice(cut)).ok).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('every number is that of the text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_99 }), (hundredths) => {
        const text = (hundredths / 100).toFixed(2);
        expect(sampleWith('power.draw [W]', `${text} W`).powerWatts).toBe(Number(text));
      }),
    );
  });
});

const FOLDER = 'nvsmi-csv';
const captures = sampleNames(FOLDER).filter((name) => name.startsWith('query-gpu-'));

describe.skipIf(!haveSamples(FOLDER))('real captures (skipped where they are not mounted)', () => {
  test.each(captures)('%s', (name) => {
    const [header = '', ...lines] = sample(FOLDER, name).trimEnd().split('\n');
    const columns = columnsOf(header);
    for (const line of lines) {
      const one = readQueryLine(columns, line);
      if (!one.ok) throw new Error(`${name}: ${one.detail}`);
      const { ref, sample: values } = one.value;
      expect(ref).toMatchObject({ index: 0, model: expect.stringContaining('NVIDIA') });
      expect(values.smClockHertz).toBeGreaterThan(1e8);
      expect(values.powerWatts).toBeGreaterThan(1);
      expect(values.powerLimitWatts).toBeGreaterThan(100);
      expect(values.temperatureCelsius).toBeGreaterThan(10);
      expect(Object.keys(values.throttled ?? {}).length).toBeGreaterThanOrEqual(8);
      expect(values.throttleSeconds).toHaveProperty('sw_thermal');
      expect(values.applicationSmHertz, 'the field is deprecated').toBeUndefined();
      // MIG hides the utilisation (help text of the query).
      expect(values.utilizationRatio === undefined).toBe(name.includes('-mig-'));
    }
  });

  test('without a timestamp they say what to add', () => {
    expect(readQueryHeader(sample(FOLDER, 'healthy-peer-of-reset-h100.csv').split('\n')[0] ?? '')).toMatchObject({
      reason: 'unsupported',
      detail: 'no column timestamp; add it to --query-gpu',
    });
  });
});

test('the log of the tests is one that nvidia-smi could have written', () => {
  const [header = '', ...lines] = logText({ node: 1, minutes: 1 }).trimEnd().split('\n');
  const columns = columnsOf(header);
  expect(lines.every((line) => readQueryLine(columns, line).ok)).toBe(true);
});
