import { absent, type CommandResult, type Inventory, known, type N, type Raw, type Reading, type S } from '../api.ts';
import { firstLine } from './first-line.ts';
import { smbiosText } from './smbios.ts';

const text = (value: unknown, name: string): S => smbiosText(typeof value === 'string' ? value : '', name);

// What systeminformation says where it knows no model, and wherever /.dockerenv exists, which virtual machines made from
// a container image have too: neither is a model of a machine.
const INVENTED = /^(?:computer|docker container)$/i;

/** By the kernel; where its file cannot be read, by systeminformation. */
const model = (product: S, value: unknown): S => {
  if (product.ok) return text(product.value, 'model');
  const said = text(value, 'model');
  return said.ok && INVENTED.test(said.value)
    ? absent('unsupported', `the machine does not say its model (${product.detail}; "${said.value}" is no model)`)
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

/** What the inventory child printed; `product` is the product name that the kernel read from the firmware. */
export const readInventory = ({ stdout, stderr, exitCode }: CommandResult, product: S): Reading<Raw<Inventory>> => {
  const said = objectOf(stdout);
  if (said === undefined) {
    const words = firstLine(stderr) ?? firstLine(stdout);
    return absent('failed', `the inventory child exited with ${exitCode}: ${words ?? 'no output'}`);
  }
  return known({
    manufacturer: text(said.manufacturer, 'manufacturer'),
    model: model(product, said.model),
    serial: text(said.serial, 'serial number'),
    biosVersion: text(said.biosVersion, 'BIOS version'),
    cpu: text(said.cpu, 'CPU'),
    kernel: text(said.kernel, 'kernel'),
    distribution: text(said.distribution, 'distribution'),
    memoryBytes: amount(said.memoryBytes),
  });
};
