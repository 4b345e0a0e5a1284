import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smbiosText } from '../../src/parse/smbios.ts';

describe('smbiosText', () => {
  it.each([
    ['NVIDIA\n', 'NVIDIA'],
    ['DGXA100 920-23687-2531-001\n', 'DGXA100 920-23687-2531-001'],
    ['  Standard PC (Q35 + ICH9, 2009)  ', 'Standard PC (Q35 + ICH9, 2009)'],
    ['Unknown Industries', 'Unknown Industries'],
  ])('reads %j as it stands', (text, value) => {
    expect(smbiosText(text)).toEqual({ ok: true, value });
  });

  it.each([
    '',
    ' \n',
    '-',
    'None',
    'Default string',
    'To be filled by O.E.M.',
    'To Be Filled By O.E.M',
    'System manufacturer',
    'System Product Name',
    'Not Specified',
    'unknown',
    '0000000',
    'N/A',
  ])('%j says nothing', (text) => {
    expect(smbiosText(text, 'vendor')).toMatchObject({ ok: false, reason: 'unsupported' });
  });

  it('says which string is missing', () => {
    expect(smbiosText('', 'vendor')).toMatchObject({ detail: 'the machine does not say its vendor' });
    expect(smbiosText('None', 'vendor')).toMatchObject({ detail: 'the machine says "None" as its vendor' });
  });

  it('never throws, and gives no empty name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const said = smbiosText(text);
        if (said.ok) expect(said.value.trim()).not.toBe('');
        else expect(said.detail).not.toBe('');
      }),
    );
  });
});
