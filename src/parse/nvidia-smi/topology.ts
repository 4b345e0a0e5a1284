import { absent, type CommandResult, known, type Rail, type Raw, type Reading } from '../../api.ts';
import { optionalFailureOf } from './errors.ts';

// The header is underlined by escapes even where the output is no terminal (real capture, 590.48).
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, 'g');
const GPU = /^GPU(\d+)$/;
const PATH = /^(?:X|SYS|NODE|PHB|PXB|PIX|NV\d+|C2C|SOC|DIS)$/;
const AFFINITY = /affinity|numa/i;
const LEGEND = /^(NIC\d+):\s*(\S+)$/;
/** `NIC28NIC29`: two labels that lost the blank between them. */
const JOINED = /^(?:NIC\d+){2,}$/;

// Columns are parted by tabs; "CPU Affinity" is one. Where a copy lost the tabs, two blanks part them.
const cells = (line: string): string[] =>
  (line.includes('\t') ? line.split('\t') : line.split(/\s{2,}/))
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '');

interface Matrix {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly gpu: number; readonly paths: readonly string[] }[];
  readonly devices: ReadonlyMap<string, string>;
}

const readMatrix = (text: string): Matrix => {
  const columns: string[] = [];
  const rows: { gpu: number; paths: string[] }[] = [];
  const devices = new Map<string, string>();
  for (const raw of text.split('\n')) {
    const [, label, device] = LEGEND.exec(raw.trim()) ?? [];
    if (label !== undefined && device !== undefined) {
      devices.set(label, device);
      continue;
    }
    const [first, ...rest] = cells(raw);
    if (first === undefined) continue;
    const gpu = GPU.exec(first)?.[1];
    const isRow = gpu !== undefined && rest[0] !== undefined && PATH.test(rest[0]);
    if (isRow) {
      const end = rest.findIndex((cell) => !PATH.test(cell));
      rows.push({ gpu: Number(gpu), paths: end === -1 ? rest : rest.slice(0, end) });
    } else if (rows.length === 0 && (gpu !== undefined || columns.length > 0)) {
      // The header may be wrapped over several lines.
      columns.push(...[first, ...rest].filter((cell) => !AFFINITY.test(cell)));
    }
  }
  return { columns, rows, devices };
};

/** The columns that fit the number of cells: joined labels apart, else together as one that is nobody's. */
const columnsFor = (columns: readonly string[], width: number): readonly string[] | undefined => {
  const apart = columns.flatMap((column) => (JOINED.test(column) ? (column.match(/NIC\d+/g) ?? []) : [column]));
  return [apart, columns].find((candidate) => candidate.length === width);
};

/** How near each NIC is to each GPU: the matrix of `nvidia-smi topo -m`. */
export const readTopology = (run: CommandResult): Reading<readonly Raw<Rail>[]> => {
  const { columns, rows, devices } = readMatrix(run.stdout.replace(ESCAPES, '').replaceAll('\r', ''));
  if (rows.length === 0) return optionalFailureOf('topo -m', run);
  const listed = columns.filter((column) => GPU.test(column)).length;
  if (rows.length < listed) {
    return absent('failed', `nvidia-smi topo -m: ${rows.length} of ${listed} rows, the output ended early`);
  }
  const rails: Raw<Rail>[] = [];
  for (const { gpu, paths } of rows) {
    const names = columnsFor(columns, paths.length);
    if (names === undefined) {
      return absent('failed', `nvidia-smi topo -m: GPU${gpu} has ${paths.length} cells for ${columns.length} columns`);
    }
    for (const [position, name] of names.entries()) {
      const path = paths[position];
      if (path === undefined || GPU.test(name) || JOINED.test(name)) continue;
      const device = devices.get(name) ?? name;
      rails.push({
        gpu: { kind: 'gpu', key: `gpu:#${gpu}`, index: gpu },
        nic: { kind: 'nic', key: `nic:${device}`, device },
        path,
      });
    }
  }
  return known(rails);
};
