import { absent, type S } from '../api.ts';
import { words } from './quantity.ts';

// What firmware holds where nobody filled it in, and systeminformation's dash (SMBIOS strings of real machines).
const PLACEHOLDER =
  /^(?:-|none|default string|to be filled by o\.e\.m\.?|system manufacturer|system product name|not specified|unknown|0+)$/i;

/** A string of the firmware; a placeholder says nothing. `name` is what was asked for. */
export const smbiosText = (text: string, name = 'name'): S => {
  if (text.trim() === '') return absent('unsupported', `the machine does not say its ${name}`);
  const said = words(text);
  return said.ok && PLACEHOLDER.test(said.value)
    ? absent('unsupported', `the machine says ${JSON.stringify(said.value)} as its ${name}`)
    : said;
};
