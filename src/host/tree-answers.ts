import { type AbsenceReason, absent, type CommandResult, known, type Reading, type S } from '../api.ts';
import { parseAbsence } from './absence-text.ts';
import { commandKey, type MachineTree } from './tree.ts';

const notRecorded = (what: string) => absent('not-recorded', `${what}: not in the recording`);

/** What a command answered in this tree. */
export const commandIn = (
  tree: MachineTree,
  tool: string,
  args: readonly string[],
  maxBytes: number,
): Reading<CommandResult> => {
  const command = [tool, ...args].join(' ');
  const key = `commands/${commandKey(tool, args)}`;
  const [stdout, stderr, exit] = ['out', 'err', 'exit'].map((kind) => tree.get(`${key}.${kind}`));
  if (stdout === undefined && stderr === undefined && exit === undefined) return notRecorded(command);
  if ((stdout ?? '').length + (stderr ?? '').length > maxBytes) {
    return absent('failed', `${command}: printed more than ${maxBytes} bytes`);
  }
  const code = exit?.trim() ?? '0';
  if (/^\d+$/.test(code)) return known({ exitCode: Number(code), stdout: stdout ?? '', stderr: stderr ?? '' });
  return parseAbsence(code) ?? absent('failed', `${key}.exit: neither an exit code nor \`reason: detail\``);
};

const rootOf = (key: string): string => `${key.split('/', 1)[0] ?? ''}/`;

const keyOf = (path: string): string => path.replace(/^\/+/, '').replace(/\/+$/, '');

// A root of which anything was recorded was recorded as a whole: what is not in it was not there.
const missing = (tree: MachineTree, path: string, recordedRoots: readonly string[]) => {
  const root = rootOf(keyOf(path));
  const recorded =
    recordedRoots.some((name) => `${name}/` === root) || [...tree.keys()].some((key) => key.startsWith(root));
  return recorded ? absent('no-device', `${path}: ENOENT`) : notRecorded(path);
};

export const fileIn = (tree: MachineTree, path: string, recordedRoots: readonly string[]): S => {
  const text = tree.get(keyOf(path));
  return text === undefined ? (absenceIn(tree, path) ?? missing(tree, path, recordedRoots)) : known(text);
};

/** What was there and could not be read, as keys; of a file that was not there nothing is listed. */
const unreadKeys = (tree: MachineTree): readonly string[] =>
  (tree.get(ABSENCES) ?? '').split('\n').flatMap((line) => {
    const [path = '', text] = line.split('\t', 2);
    const reason = text === undefined ? undefined : parseAbsence(text)?.reason;
    return reason === undefined || WAS_NOT_THERE.has(reason) ? [] : [keyOf(path)];
  });

const WAS_NOT_THERE: ReadonlySet<AbsenceReason> = new Set(['no-device', 'unsupported', 'not-recorded']);

/** Directories are implied by the paths of files, those that are there and could not be read among them. */
export const namesIn = (
  tree: MachineTree,
  path: string,
  recordedRoots: readonly string[],
): Reading<readonly string[]> => {
  const prefix = `${keyOf(path)}/`;
  const names = new Set<string>();
  for (const key of [...tree.keys(), ...unreadKeys(tree)]) {
    if (key.startsWith(prefix)) names.add(key.slice(prefix.length).split('/', 1)[0] ?? '');
  }
  if (names.size > 0) return known([...names].sort());
  return absenceIn(tree, path) ?? missing(tree, path, recordedRoots);
};

/** The key under which a tree keeps what could not be read: a line each, `path<TAB>reason: detail`. */
export const ABSENCES = 'absences';

export const absenceIn = (tree: MachineTree, path: string) => {
  for (const line of tree.get(ABSENCES)?.split('\n') ?? []) {
    const [at, text] = line.split('\t', 2);
    if (at === path && text !== undefined) return parseAbsence(text);
  }
  return undefined;
};

export const recordsIn = (tree: MachineTree): readonly string[] | undefined =>
  tree
    .get('kmsg')
    ?.split(/\r?\n/)
    .filter((line) => line !== '');
