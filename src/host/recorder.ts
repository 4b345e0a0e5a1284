import { type CommandResult, type Host, type KernelRecords, known, type Reading } from '../api.ts';
import { absenceText } from './absence-text.ts';
import type { Moment } from './playback.ts';
import { commandKey } from './tree.ts';
import { ABSENCES } from './tree-answers.ts';

export interface Recorder {
  /** Answers as the wrapped one does, and remembers what it answered. */
  readonly host: Host;
  /** What passed since the last call, as one moment; the kernel log is kept from the beginning. */
  take(): Moment;
}

/** Captures everything that passes through a Host, so that a recording holds what the collectors saw and no more. */
export const record = (host: Host): Recorder => {
  const kernelLines: string[] = [];
  let files = new Map<string, string>();
  let absences = new Map<string, string>();
  let kernelRead = false;

  const keepCommand = (tool: string, args: readonly string[], result: Reading<CommandResult>): void => {
    const key = `commands/${commandKey(tool, args)}`;
    if (!result.ok) {
      files.set(`${key}.exit`, `${absenceText(result)}\n`);
      return;
    }
    const { exitCode, stdout, stderr } = result.value;
    files.set(`${key}.out`, stdout);
    if (stderr !== '') files.set(`${key}.err`, stderr);
    if (exitCode !== 0) files.set(`${key}.exit`, `${exitCode}\n`);
  };

  const keepAbsence = (path: string, reading: Reading<unknown>): void => {
    if (!reading.ok) absences.set(path, `${path}\t${absenceText(reading)}`);
  };

  const keepRecords = (records: Reading<KernelRecords>): void => {
    if (records.ok) {
      kernelRead = true;
      kernelLines.push(...records.value.lines);
    } else keepAbsence('kmsg', records);
  };

  return {
    host: {
      run: async (tool, args, o) => {
        const result = await host.run(tool, args, o);
        keepCommand(tool, args, result);
        return result;
      },
      follow: (tool, args, o) => ({
        async *[Symbol.asyncIterator]() {
          let stdout = '';
          for await (const line of host.follow(tool, args, o)) {
            if (line.ok) stdout += `${line.value}\n`;
            keepCommand(tool, args, known({ exitCode: 0, stdout, stderr: '' }));
            yield line;
          }
        },
      }),
      read: async (path) => {
        const text = await host.read(path);
        if (text.ok) files.set(path.replace(/^\/+/, ''), text.value);
        else keepAbsence(path, text);
        return text;
      },
      list: async (path) => {
        const names = await host.list(path);
        keepAbsence(path, names);
        return names;
      },
      kernelRecords: async () => {
        const records = await host.kernelRecords();
        keepRecords(records);
        return records;
      },
      now: () => host.now(),
    },
    take: () => {
      const tree = new Map(files);
      if (absences.size > 0) tree.set(ABSENCES, `${[...absences.values()].join('\n')}\n`);
      if (kernelRead) tree.set('kmsg', kernelLines.map((line) => `${line}\n`).join(''));
      files = new Map();
      absences = new Map();
      return { tree, at: host.now() };
    },
  };
};
