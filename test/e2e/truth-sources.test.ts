import { describe, expect, it } from 'vitest';
import type { Moment } from '../../src/host/playback.ts';
import { builtInMachine, MACHINE_NAMES } from '../../src/mock/machines.ts';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { judgeMoments, momentsOf, verdictOfSnapshot } from '../support/judge-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x';
const OTHERS = ['nvidia-smi_nvlink_-s', 'nvidia-smi_nvlink_-e', 'nvidia-smi_topo_-m', 'ibstat'].map(
  (command) => `commands/${command}`,
);

type Files = Readonly<Record<string, string>>;
const ofEach = (files: (command: string) => Files): Files => Object.assign({}, ...OTHERS.map(files));

/** Roots of which nothing but this is there, so that every file that is asked for is missing. */
const NO_FILES: Files = { 'sys/nothing': '', 'proc/nothing': '' };
const NO_LOG: Files = { absences: 'kmsg\tno-device: /dev/kmsg: ENOENT' };
const DENIED_LOG: Files = { absences: 'kmsg\tdenied: /dev/kmsg: EPERM' };
const NOT_FOUND = ofEach((command) => ({ [`${command}.exit`]: 'no-tool: not found on PATH' }));
const GARBAGE = ofEach((command) => ({
  [`${command}.exit`]: '1',
  [`${command}.out`]: '\u0001%%% ###\n<x',
  [`${command}.err`]: 'Segmentation fault\n',
}));

/** A healthy machine of which only `nvidia-smi -q -x` answers. */
const only = (...files: readonly Files[]): readonly Moment[] =>
  momentsOf('hgx-h100-8').map(({ tree, at }) => ({
    at,
    tree: new Map([[`${XML}.out`, tree.get(`${XML}.out`) ?? ''], ...files.flatMap((some) => Object.entries(some))]),
  }));

const judge = async (...files: readonly Files[]): Promise<VerdictReport> =>
  verdictOfSnapshot(await judgeMoments(only(...files)));

const severities = (verdict: VerdictReport, prefix: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    verdict.checks
      .filter(({ id, severity }) => id.startsWith(prefix) && severity !== 'PASS')
      .map(({ id, severity }) => [id, severity]),
  );

/** Who holds a job back is seen in a job, and who fails again and again over weeks. */
const OF_THE_AGENT = { 'straggler/lagging-gpu': 'SKIPPED', 'straggler/repeat-offender': 'SKIPPED' };
/** A call that this nvidia-smi does not know, or that is not there: optional, and never a pass. */
const NVLINK = { 'gpu/nvlink-down': 'SKIPPED', 'gpu/nvlink-errors': 'SKIPPED' };
/** AER counters are in sysfs alone. */
const AER = { 'gpu/pcie-errors': 'SKIPPED' };

describe('only `nvidia-smi -q -x` answers: what needs the rest is not judged, all else passes', () => {
  it.each([
    ['the other tools are not there', [NOT_FOUND, NO_FILES, NO_LOG]],
    ['the other tools print garbage and exit with 1', [GARBAGE, NO_FILES, NO_LOG]],
  ])('%s', async (_, files) => {
    const verdict = await judge(...files);
    expect(severities(verdict, 'gpu/')).toEqual({
      ...NVLINK,
      ...AER,
      'gpu/xid-errors': 'SKIPPED',
      'gpu/sxid-errors': 'SKIPPED',
    });
    expect(severities(verdict, 'thermal/')).toEqual({ 'thermal/hot-nics': 'SKIPPED' });
    expect(severities(verdict, 'straggler/')).toEqual(OF_THE_AGENT);
    // The profile only assumes how many NICs there are: that none is seen is no more than a remark.
    expect(verdict).toMatchObject({ ready: true, overall_severity: 'INFO' });
  });

  it('a kernel log that may not be read is UNKNOWN', async () => {
    expect(severities(await judge(NOT_FOUND, NO_FILES, DENIED_LOG), 'gpu/')).toEqual({
      ...NVLINK,
      ...AER,
      'gpu/xid-errors': 'UNKNOWN',
      'gpu/sxid-errors': 'UNKNOWN',
    });
  });

  it('no check of NICs passes without NICs', async () => {
    for (const files of [NOT_FOUND, GARBAGE]) {
      const verdict = await judge(files, NO_FILES, NO_LOG);
      const passes = verdict.checks.filter(({ id, severity }) => id.startsWith('network/') && severity === 'PASS');
      expect(passes.map(({ id }) => id)).toEqual([]);
    }
  });

  it('every judgement that is open says why', async () => {
    const verdict = await judge(NOT_FOUND, NO_FILES, DENIED_LOG);
    for (const { id, severity, reason } of verdict.checks) {
      if (severity === 'UNKNOWN' || severity === 'SKIPPED') expect(reason, id).toMatch(/\S/);
    }
  });
});

const WITH_NVLINK = MACHINE_NAMES.filter((name) => {
  const machine = builtInMachine(name);
  return machine.ok && machine.value.gpu.nvlink.links > 0;
});

describe('nvidia-smi nvlink says nothing and exits with 0, as where NvLinkDisable is set', () => {
  const NVLINK_ANSWER = /^commands\/nvidia-smi_nvlink_-[se]\.out$/;

  /** A simulated machine whose answers about NVLink are rewritten. */
  const judgeAnswers = async (machine: string, rewrite: (answer: string) => string): Promise<VerdictReport> => {
    const moments = momentsOf(machine).map(({ tree, at }) => ({
      at,
      tree: new Map([...tree].map(([path, text]) => [path, NVLINK_ANSWER.test(path) ? rewrite(text) : text])),
    }));
    return verdictOfSnapshot(await judgeMoments(moments));
  };
  const unlisted = (verdict: VerdictReport) =>
    verdict.checks.find(({ id }) => id === 'gpu/nvlink-down')?.unjudged.map(({ component }) => component.index);

  it.each(WITH_NVLINK)('%s: not ready, and each GPU is named', async (machine) => {
    const verdict = await judgeAnswers(machine, () => '');
    const gpus = machine.endsWith('-nvl72') ? [0, 1, 2, 3] : [0, 1, 2, 3, 4, 5, 6, 7];
    expect(verdict).toMatchObject({ ready: false, overall_severity: 'UNKNOWN' });
    expect(severities(verdict, 'gpu/nvlink')).toEqual({ 'gpu/nvlink-down': 'UNKNOWN', 'gpu/nvlink-errors': 'SKIPPED' });
    expect(unlisted(verdict)).toEqual(gpus);
    for (const id of ['gpu/nvlink-down', 'gpu/nvlink-errors'])
      expect(verdict.checks.find((check) => check.id === id)?.reason, id).toMatch(/lists no link .*NvLinkDisable/);
  });

  it.each(WITH_NVLINK)('%s: not ready where the last GPU alone is not listed', async (machine) => {
    const verdict = await judgeAnswers(machine, (answer) => answer.slice(0, answer.lastIndexOf('GPU ')));
    expect(verdict).toMatchObject({ ready: false, overall_severity: 'UNKNOWN' });
    expect(severities(verdict, 'gpu/nvlink')).toEqual({ 'gpu/nvlink-down': 'UNKNOWN', 'gpu/nvlink-errors': 'UNKNOWN' });
    expect(unlisted(verdict)).toEqual([machine.endsWith('-nvl72') ? 3 : 7]);
  });
});

describe('nothing answers: nothing passes', () => {
  it.each<[string, Files]>([
    ['nvidia-smi is not there', { [`${XML}.out`]: '', [`${XML}.exit`]: 'no-tool: nvidia-smi: not found on PATH' }],
    ['nvidia-smi prints garbage and exits with 1', { [`${XML}.out`]: '%%% ###', [`${XML}.exit`]: '1' }],
    ['nvidia-smi prints nothing', { [`${XML}.out`]: '' }],
    ['nvidia-smi hangs', { [`${XML}.out`]: '', [`${XML}.exit`]: 'hung: no answer in 25 s' }],
    ['nvidia-smi may not be run', { [`${XML}.out`]: '', [`${XML}.exit`]: 'denied: nvidia-smi: EACCES' }],
  ])('%s', async (_, answer) => {
    const verdict = await judge(NOT_FOUND, NO_FILES, NO_LOG, answer);
    expect(verdict).toMatchObject({ ready: false, overall_severity: 'UNKNOWN' });
    const settled = verdict.checks.filter(({ severity }) => severity !== 'UNKNOWN' && severity !== 'SKIPPED');
    expect(settled.map(({ id, severity }) => ({ id, severity }))).toEqual([]);
  });
});
