import { absent, type CommandResult, type Inventory, known, type N, type Raw, type Reading, type S } from '../api.ts';
import { words } from './quantity.ts';

// What firmware holds where nobody filled it in, and systeminformation's dash (SMBIOS strings of real machines).
const PLACEHOLDER = /^(?:-|none|default string|to be filled by o\.e\.m\.?|not specified|unknown|0+)$/i;

const text = (value: unknown, name: string): S => {
  if (typeof value !== 'string' || value.trim() === '')
    return absent('unsupported', `the machine does not say its ${name}`);
  const said = words(value);
  return said.ok && PLACEHOLDER.test(said.value)
    ? absent('unsupported', `the machine says ${JSON.stringify(said.value)} as its ${name}`)
    : said;
};

const amount = (value: unknown): N =>
  typeof value === 'number' && Number.isFinite(value) && value > 0
    ? known(value)
    : absent('failed', 'no amount of memory was found');

const objectOf = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
};

/** What the inventory child printed. */
export const readInventory = ({ stdout, stderr, exitCode }: CommandResult): Reading<Raw<Inventory>> => {
  const said = objectOf(stdout);
  if (said === undefined) {
    const words = (stderr.trim() || stdout.trim()).split('\n', 1)[0]?.slice(0, 200);
    return absent('failed', `the inventory child exited with ${exitCode}: ${words || 'no output'}`);
  }
  return known({
    manufacturer: text(said.manufacturer, 'manufacturer'),
    model: text(said.model, 'model'),
    serial: text(said.serial, 'serial number'),
    biosVersion: text(said.biosVersion, 'BIOS version'),
    cpu: text(said.cpu, 'CPU'),
    kernel: text(said.kernel, 'kernel'),
    distribution: text(said.distribution, 'distribution'),
    memoryBytes: amount(said.memoryBytes),
  });
};
