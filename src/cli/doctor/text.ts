import type { Palette } from '../../report/colour.ts';
import { plural } from '../../report/plural.ts';
import { printable } from '../../report/printable.ts';
import type { Section } from './section.ts';

/** The report for a person: what is to be mended first, one line each with the cure, then all that was looked at. */
export const doctorText = (
  sections: readonly Section[],
  o: {
    readonly name: string;
    readonly version: string;
    readonly mock?: string;
    readonly code: number;
    readonly palette: Palette;
  },
): string => {
  const { palette } = o;
  const problems = sections.flatMap((section) => section.problems);
  const simulated =
    o.mock === undefined
      ? []
      : [palette.doubtful(`SIMULATED MACHINE ${printable(o.mock)}: this says nothing about real hardware.`)];
  const conclusion =
    problems.length === 0
      ? palette.good('nothing to mend')
      : palette.bad(`${plural(problems.length, 'thing')} to mend`);
  return `${[
    `${palette.strong(printable(o.name))}  muster ${o.version} doctor`,
    ...simulated,
    '',
    ...problems.map(
      ({ about, message, cure }) =>
        `${palette.bad('✗')} ${palette.strong(printable(about))}: ${printable(message)}; ${palette.strong(`do: ${printable(cure)}`)}`,
    ),
    ...(problems.length === 0 ? [] : ['']),
    ...sections.flatMap(({ name, lines }) => [
      palette.strong(name.toUpperCase()),
      ...lines.map((line) => `  ${printable(line).trimEnd()}`),
      '',
    ]),
    `${conclusion}, exit code ${o.code}`,
  ].join('\n')}\n`;
};
