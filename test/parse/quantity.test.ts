import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absenceOf } from '../../src/parse/absence.ts';
import {
  bytes,
  celsius,
  decimal,
  decimalBetween,
  digitsAt,
  flag,
  hertz,
  hex,
  integer,
  quantity,
  ratio,
  seconds,
  watts,
  words,
} from '../../src/parse/quantity.ts';

describe('text becomes a number', () => {
  test.each([
    ['27 C', celsius, 27],
    ['-8 C', celsius, -8],
    ['67.74 W', watts, 67.74],
    ['16x', (text: string) => quantity(text, 'x'), 16],
    ['2560 bank(s)', (text: string) => quantity(text, 'bank(s)'), 2560],
    ['26.562 GB/s', (text: string) => quantity(text, 'GB/s'), 26.562],
    ['7015662857 us', seconds, 7015.662857],
    ['345 MHz', hertz, 345e6],
    ['81559 MiB', bytes, 81559 * 2 ** 20],
    ['512 B', bytes, 512],
    ['4 KiB', bytes, 4096],
    ['4 KB', bytes, 4096],
    ['4 MB', bytes, 2 ** 22],
    ['2 GiB', bytes, 2 ** 31],
    ['2 GB', bytes, 2 ** 31],
    ['50 Hz', hertz, 50],
    ['50 kHz', hertz, 50e3],
    ['50 KHz', hertz, 50e3],
    ['1.5 GHz', hertz, 1.5e9],
    ['3 s', seconds, 3],
    ['1500 ms', seconds, 1.5],
    ['4 ns', seconds, 4e-9],
    ['37 %', ratio, 0.37],
    ['150', integer, 150],
    ['  150\n', integer, 150],
    ['-0', integer, 0],
    ['49.68', decimal, 49.68],
    ['0x53', hex, 0x53],
    ['1f', hex, 0x1f],
  ] as const)('%s', (text, parse, value) => {
    expect(parse(text)).toEqual({ ok: true, value });
  });

  test.each([
    ['27', celsius],
    ['27 F', celsius],
    ['27 C extra', celsius],
    ['C', celsius],
    ['1e3', integer],
    ['1.5', integer],
    ['0x10', integer],
    ['1,5', decimal],
    ['Infinity', decimal],
    ['NaN', decimal],
    ['9'.repeat(400), integer],
    ['12 parsecs', bytes],
    ['-5 us', seconds],
    ['constructor', hex],
    ['1 constructor', hertz],
  ] as const)('%s is no number', (text, parse) => {
    expect(parse(text)).toMatchObject({ ok: false, reason: 'failed' });
  });

  test('a 64-bit counter gives the nearest number', () => {
    expect(integer('18446744073709551615')).toEqual({ ok: true, value: 2 ** 64 });
  });

  test('no text throws, and none becomes NaN', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const parse of [integer, decimal, hex, hertz, bytes, seconds, celsius, watts, ratio]) {
          const reading = parse(text);
          if (reading.ok) expect(Number.isFinite(reading.value)).toBe(true);
          else expect(reading.detail.length).toBeLessThan(200);
        }
      }),
    );
  });

  test('whole numbers survive with their unit', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(integer(String(value))).toEqual({ ok: true, value });
        expect(quantity(`${value} C`, 'C')).toEqual({ ok: true, value });
      }),
    );
  });
});

describe('words of an absence', () => {
  test.each([
    ['N/A', 'unsupported'],
    ['[N/A]', 'unsupported'],
    ['[Not Supported]', 'unsupported'],
    ['Not Supported', 'unsupported'],
    ['N/A (no PMA)', 'unsupported'],
    ['Requested functionality has been deprecated', 'deprecated'],
    ['[Requested functionality has been deprecated]', 'deprecated'],
    ['Insufficient Permissions', 'denied'],
    ['GPU is lost', 'lost'],
    ['[GPU requires reset]', 'lost'],
    ['Unknown Error', 'failed'],
    ['ERR!', 'failed'],
    ['[Function Not Found]', 'failed'],
    ['', 'failed'],
  ])('%s', (text, reason) => {
    expect(absenceOf(text)).toMatchObject({ ok: false, reason });
    for (const parse of [integer, decimal, celsius, bytes, seconds, hertz, words]) {
      expect(parse(text)).toMatchObject({ ok: false, reason });
    }
    expect(flag(text, 'Yes', 'No')).toMatchObject({ ok: false, reason });
  });

  test.each(['0', 'None', 'No', 'toString', '__proto__'])('%s is a value', (text) => {
    expect(absenceOf(text)).toBeUndefined();
  });
});

describe('a number inside a line', () => {
  const inside = (text: string): number => decimalBetween(`1,${text},9`, 2, 2 + text.length);

  test('is what Number() makes of the same text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.nat(8), fc.boolean(), (digits, decimals, isNegative) => {
        const whole = digits.toString().padStart(decimals + 1, '0');
        const point = whole.length - decimals;
        const size = decimals === 0 ? whole : `${whole.slice(0, point)}.${whole.slice(point)}`;
        const text = isNegative && digits > 0n ? `-${size}` : size;
        expect(inside(text)).toBe(Number(text));
      }),
    );
  });

  test('is none where anything but a decimal stands there', () => {
    for (const text of ['', '-', '.', '1.', '.5', '1.2.3', '1e3', '0x10', ' 1', '1 ', '--1', '+1', '١'])
      expect(inside(text), text).toBeNaN();
    expect(inside('-0')).toBe(0);
    expect(digitsAt('14:3', 0, 2)).toBe(14);
    expect(digitsAt('14:3', 2, 2)).toBeNaN();
    expect(digitsAt('14', 1, 2)).toBeNaN();
  });
});
