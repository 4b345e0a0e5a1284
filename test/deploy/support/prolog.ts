import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory, writeTool } from '../../support/temporary.ts';
import { DEPLOY } from './tools.ts';

export interface FakeMuster {
  readonly stdout?: string;
  readonly exitCode?: number;
  /** Shell instead of an answer. */
  readonly script?: string;
}

export interface PrologRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The arguments of each call. */
  readonly scontrol: readonly (readonly string[])[];
  readonly muster: readonly (readonly string[])[];
  readonly folder: string;
}

/** Records its arguments, NUL between them and an empty one after each call, so that nothing in them can be mistaken. */
const recordsArguments = (file: string): string => `printf '%s\\0' "$@" >>'${file}'; printf '\\0' >>'${file}'`;

const recorded = (file: string): string[][] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\0\0')
        .filter((call) => call !== '')
        .map((call) => call.split('\0'))
    : [];

/** Runs the prolog as Slurm does: an empty environment but for what is given, and no PATH. */
export const runProlog = (
  muster: FakeMuster | 'missing',
  env: Readonly<Record<string, string>> = {},
  options: { readonly killSwitch?: true; readonly scontrolScript?: string } = {},
): PrologRun => {
  const folder = temporaryDirectory();
  const file = (name: string): string => join(folder, name);
  if (muster !== 'missing') {
    writeFileSync(file('answer.json'), muster.stdout ?? '');
    const answer = muster.script ?? `cat '${file('answer.json')}'; exit ${muster.exitCode ?? 0}`;
    writeTool(folder, 'muster', `${recordsArguments(file('muster.calls'))}\n${answer}`);
  }
  writeTool(folder, 'scontrol', `${recordsArguments(file('scontrol.calls'))}\n${options.scontrolScript ?? ''}`);
  if (options.killSwitch) writeFileSync(file('disabled'), '');
  const { status, stdout, stderr } = spawnSync('/bin/sh', [join(DEPLOY, 'slurm/prolog.sh')], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      SLURMD_NODENAME: 'gpu-001',
      SLURM_JOB_ID: '42',
      SLURM_JOB_GPUS: '0,1',
      MUSTER: file('muster'),
      MUSTER_SCONTROL: file('scontrol'),
      MUSTER_NODE_BINARY: process.execPath,
      MUSTER_PROLOG_HOOK: join(DEPLOY, 'slurm/prolog.mjs'),
      MUSTER_DISABLED_FILE: file('disabled'),
      ...env,
    },
  });
  return {
    code: status,
    stdout,
    stderr,
    scontrol: recorded(file('scontrol.calls')),
    muster: recorded(file('muster.calls')),
    folder,
  };
};
