import { type AbsenceReason, type Absent, absent, type CommandResult, type GpuHealth } from '../../api.ts';
import { firstLine } from '../first-line.ts';
import { normalizePciBusId } from '../pci-address.ts';
import { exitMeaning } from './exit-codes.ts';

/** A GPU that the tool could not open: not in its output, only in a line of text. */
export interface UnreachableGpu {
  /** The address as printed; drivers have printed mangled ones (`000:BA:80.0`). */
  readonly printed: string;
  readonly pciBusId?: string;
  readonly health: GpuHealth | undefined;
  readonly words: string;
}

// All spellings seen: `for GPU 0000:0B:00.0:`, `for GPU0000:17:00.0:`, `for GPU0: 0000:17:00.0:`, broken over two lines.
const UNREACHABLE =
  /Unable\s+to\s+determine\s+the\s+device\s+handle\s+for\s+gpu\s*(?:\d{1,3}:\s+)?([0-9a-f:.]+?):?\s+(GPU\s+is\s+lost|GPU\s+requires\s+reset|Unknown\s+Error|[^\n]+)/gi;
const CORRUPTED_INFOROM = /^\s*WARNING:\s*infoROM is corrupted at gpu\s+([0-9a-f:.]+)/gim;
const MISMATCH = /Driver\/library version mismatch/i;
const LIBRARY_VERSION = /NVML library version:\s*(\d+(?:\.\d+)+)/i;

const healthOf = (words: string): GpuHealth | undefined => {
  if (/is lost|fallen off/i.test(words)) return 'lost';
  if (/requires reset/i.test(words)) return 'requires-reset';
  // "Insufficient Permissions" is about us, not about the GPU.
  return /permission/i.test(words) ? undefined : 'unknown-error';
};

/** The GPUs that the tool could not open, each once. */
export const unreachableGpus = (text: string): readonly UnreachableGpu[] => {
  const found = new Map<string, UnreachableGpu>();
  for (const [, printed = '', rest = ''] of text.matchAll(UNREACHABLE)) {
    const words = rest.trim().replace(/\s+/g, ' ');
    const pciBusId = normalizePciBusId(printed);
    const gpu = { printed, words, health: healthOf(words), ...(pciBusId === undefined ? {} : { pciBusId }) };
    if (!found.has(pciBusId ?? printed)) found.set(pciBusId ?? printed, gpu);
  }
  return [...found.values()];
};

/** The GPUs that a warning line names: normalised addresses. */
export const corruptedInforoms = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(CORRUPTED_INFOROM)].map(([, printed = '']) => normalizePciBusId(printed) ?? printed));

/** The refusal of a library that does not fit the loaded module, with the library's version where it is printed. */
export const versionMismatch = (text: string): { readonly libraryVersion?: string } | undefined => {
  if (!MISMATCH.test(text)) return undefined;
  const version = LIBRARY_VERSION.exec(text)?.[1];
  return version === undefined ? {} : { libraryVersion: version };
};

const WORDS: readonly (readonly [pattern: RegExp, reason: AbsenceReason])[] = [
  [/No devices were found/i, 'no-device'],
  [/insufficient permission|access blocked|permission denied/i, 'denied'],
  [/couldn't communicate with the NVIDIA driver|driver not loaded/i, 'failed'],
  [/couldn't find libnvidia-ml/i, 'failed'],
  [/GPU is lost|fallen off the bus/i, 'lost'],
  [/does not have or support nvlink|not supported/i, 'unsupported'],
];

/** Why a call of nvidia-smi gave nothing to read: its words first, else its exit code. */
export const failureOf = ({ exitCode, stdout, stderr }: CommandResult): Absent => {
  const text = `${stdout}\n${stderr}`;
  const said = firstLine(stdout) ?? firstLine(stderr);
  const { reason, means } = exitMeaning(exitCode);
  if (exitCode === 0 && said === undefined) return absent('failed', 'nvidia-smi printed nothing');
  const byWords = WORDS.find(([pattern]) => pattern.test(text))?.[1];
  const code = exitCode === 0 ? '' : ` (exit code ${exitCode}: ${means})`;
  return absent(byWords ?? (exitCode === 0 ? 'failed' : reason), `nvidia-smi: ${said ?? 'no output'}${code}`);
};

/** Words of the driver or the library: then the call was understood, and it is the machine that does not answer. */
const ABOUT_THE_MACHINE = /NVML|driver|GPU|unknown error|permission/i;
const REFUSAL_CODES = [1, 2, 13, 126, 127];

/**
 * Why one of the optional calls (`nvlink`, `topo`) gave nothing. A tool that does not know the call refuses it: nothing is
 * wrong then with what the call would have told.
 */
export const optionalFailureOf = (call: string, run: CommandResult): Absent => {
  const failure = failureOf(run);
  const said = `${run.stdout}\n${run.stderr}`;
  const isRefused = REFUSAL_CODES.includes(run.exitCode) && !ABOUT_THE_MACHINE.test(said);
  const isAnotherAnswer = run.exitCode === 0 && /^\s*<\?xml/.test(run.stdout);
  if (failure.reason !== 'failed' || !(isRefused || isAnotherAnswer)) return failure;
  return absent('unsupported', `this nvidia-smi does not answer ${call} (${failure.detail})`);
};
