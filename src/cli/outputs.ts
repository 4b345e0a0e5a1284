import type { Snapshot } from '../engine/snapshot.ts';
import { usageError } from '../errors.ts';
import { exitCodeOf } from '../report/exit-codes.ts';
import type { VerdictOptions } from '../report/verdict.ts';
import { verdictOf } from '../report/verdict.ts';
import type { VerdictReport } from '../report/verdict-report.ts';
import { notEnforced } from '../report/verdict-words.ts';

export const FORMATS = ['text', 'json', 'junit', 'nagios', 'npd', 'prometheus'] as const;
export type Format = (typeof FORMATS)[number];

export interface Output {
  readonly format: Format;
  /** Undefined: standard output. */
  readonly file?: string;
}

/** Reads `-o FORMAT[=FILE]`; only one format may go to standard output. */
export const parseOutputs = (texts: readonly string[]): readonly Output[] => {
  const outputs = texts.map((text): Output => {
    const [format = '', ...rest] = text.split('=');
    if (!(FORMATS as readonly string[]).includes(format)) {
      throw usageError(`-o ${text}: the format is one of ${FORMATS.join(', ')}, with =FILE for a file`);
    }
    const file = rest.join('=');
    if (rest.length > 0 && file === '') throw usageError(`-o ${text}: name a file after =`);
    return { format: format as Format, ...(file === '' ? {} : { file }) };
  });
  if (outputs.filter(({ file }) => file === undefined).length > 1) {
    throw usageError('only one -o can go to standard output; give the others a file: -o json=verdict.json');
  }
  return outputs;
};

const render = async (format: Format, snapshot: Snapshot, report: VerdictReport, toTty: boolean): Promise<string> => {
  switch (format) {
    case 'text': {
      const [{ textReport }, { paletteFor }] = await Promise.all([
        import('../report/text.ts'),
        import('../report/colour.ts'),
      ]);
      return textReport(report, {
        palette: paletteFor(process.env, toTty),
        ...(snapshot.node.mock === undefined ? {} : { mock: snapshot.node.mock }),
        ...(process.stdout.columns === undefined ? {} : { columns: process.stdout.columns }),
      });
    }
    case 'json':
      return (await import('../report/json.ts')).jsonReport(report);
    case 'junit':
      return (await import('../report/junit.ts')).junitReport(report);
    case 'nagios':
      return (await import('../report/nagios.ts')).nagiosReport(report);
    case 'npd':
      return (await import('../report/npd.ts')).npdReport(report);
    case 'prometheus':
      return (await import('../report/prometheus.ts')).prometheusReport(snapshot, report);
  }
};

/** Every output asked for, and the exit code: nagios and npd have codes of their own when they go to standard output. */
export const renderVerdict = async (
  snapshot: Snapshot,
  outputs: readonly Output[],
  options: VerdictOptions,
): Promise<{
  texts: readonly { output: Output; text: string }[];
  exitCode: number;
  /** Where nothing is enforced: why, and what the verdict is all the same. */
  notEnforced?: string;
}> => {
  const report = verdictOf(snapshot, options);
  const texts = await Promise.all(
    outputs.map(async (output) => ({
      output,
      text: await render(output.format, snapshot, report, output.file === undefined && process.stdout.isTTY === true),
    })),
  );
  const shown = outputs.find(({ file }) => file === undefined) ?? outputs[0];
  const pulled = notEnforced(report);
  return {
    texts,
    ...(pulled === undefined ? {} : { notEnforced: `${pulled}; the verdict is ${report.overall_severity}` }),
    exitCode: exitCodeOf(report, shown?.format === 'nagios' || shown?.format === 'npd' ? shown.format : 'validate'),
  };
};
