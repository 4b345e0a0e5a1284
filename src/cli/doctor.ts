import { paletteFor } from '../report/colour.ts';
import { EXIT_CODES } from '../report/exit-codes.ts';
import { checksSection } from './doctor/checks.ts';
import { nodeSection } from './doctor/node.ts';
import { pluginsSection } from './doctor/plugins.ts';
import { profileSection } from './doctor/profile.ts';
import type { Problem, Section } from './doctor/section.ts';
import { type Seen, withSeen } from './doctor/seen.ts';
import { configurationSection } from './doctor/settings.ts';
import { sourcesSection } from './doctor/sources.ts';
import { suppressionsSection } from './doctor/suppressions.ts';
import { doctorText } from './doctor/text.ts';
import type { MachineOptions } from './machine-options.ts';
import { VERSION } from './version.ts';

export interface DoctorOptions extends MachineOptions {
  readonly output: 'text' | 'json';
  /** Seconds. */
  readonly timeout: number;
}

/** The report in order; each part looks at what was seen and says what is wrong with it. */
const SECTIONS: readonly ((seen: Seen) => Section | Promise<Section>)[] = [
  nodeSection,
  sourcesSection,
  checksSection,
  profileSection,
  pluginsSection,
  suppressionsSection,
  configurationSection,
];

/** Whether Muster is installed right here: what is configured, what answers, and what each check lacks. */
export const doctor = async ({ output, ...options }: DoctorOptions): Promise<number> => {
  const { sections, name } = await withSeen(options, async (seen) => ({
    name: seen.config.nodeName,
    sections: await Promise.all(SECTIONS.map((section) => section(seen))),
  }));
  const problems = sections.flatMap((section) => section.problems);
  const code = problems.length === 0 ? EXIT_CODES.doctor.right : EXIT_CODES.doctor.toMend;
  process.stdout.write(
    output === 'json'
      ? `${JSON.stringify(jsonOf(sections, problems, options.mock), undefined, 2)}\n`
      : doctorText(sections, {
          name,
          version: VERSION,
          code,
          palette: paletteFor(process.env, process.stdout.isTTY),
          ...(options.mock === undefined ? {} : { mock: options.mock }),
        }),
  );
  return code;
};

const jsonOf = (sections: readonly Section[], problems: readonly Problem[], mock: string | undefined): object => ({
  schema_version: 1,
  tool: { name: 'muster', version: VERSION },
  mock: mock !== undefined,
  ok: problems.length === 0,
  problems,
  ...Object.fromEntries(sections.map((section) => [section.name, section.json])),
});
