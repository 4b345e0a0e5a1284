import { type AbsenceReason, absent, type CommandResult, known, type Reading } from '../api.ts';
import type { Abandoned } from './abandoned.ts';
import { type ChildEnvironment, startChild } from './child.ts';
import type { Clock } from './clock.ts';
import { within } from './deadline.ts';
import { errorCode } from './errno.ts';
import { describeProcess } from './process-stat.ts';
import type { Slots } from './slots.ts';
import { type Outcome, supervise } from './supervise.ts';
import { findTool, type ToolLocations, toolName } from './tools.ts';

/** What all the tools of one process share. */
export interface ToolRuntime extends ToolLocations, ChildEnvironment {
  readonly abandoned: Abandoned;
  readonly slots: Slots;
  readonly clock: Clock;
}

export interface RunOptions extends ToolRuntime {
  /** From the call to the answer, waiting for the tool's slot included. */
  readonly deadlineMs: number;
  readonly maxBytes?: number;
  /** Whom it runs for, where that is not the tool itself: an interpreter runs for many. */
  readonly as?: string;
}

// `nvidia-smi -q -x` of eight GPUs is about 0.5 MB (real captures, H100, driver 580); sixteen times that is a fault.
const MAX_BYTES = 8 << 20;

const SPAWN_REASONS: Readonly<Record<string, AbsenceReason>> = { ENOENT: 'no-tool', EACCES: 'denied', EPERM: 'denied' };

/** The command as people would type it, cut to what fits in a line. */
export const commandLine = (tool: string, args: readonly string[]): string => {
  const line = [tool, ...args].join(' ');
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`;
};

const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(1))} s`;

const readingOf = (
  outcome: Outcome,
  command: string,
  file: string,
  limits: { deadlineMs: number; maxBytes: number },
): Reading<CommandResult> => {
  const late = `${command}: no answer in ${seconds(limits.deadlineMs)}`;
  switch (outcome.kind) {
    case 'exited':
      return known({ exitCode: outcome.exitCode, stdout: outcome.stdout, stderr: outcome.stderr });
    case 'signalled':
      return absent('failed', `${command}: ended by ${outcome.signal}, not by Muster`);
    case 'too-much':
      return absent('failed', `${command}: printed more than ${limits.maxBytes} bytes, killed`);
    case 'timeout':
      return absent('timeout', `${late}, ${outcome.killed ? 'needed SIGKILL' : 'stopped by SIGTERM'}`);
    case 'hung':
      return absent('hung', `${late}, SIGKILL does not end it (${describeProcess(outcome.pid)})`);
    case 'spawn-failed': {
      const interpreter = outcome.code === 'ENOENT' ? '; is the interpreter in its first line there?' : '';
      return absent(
        SPAWN_REASONS[outcome.code] ?? 'failed',
        `${command}: cannot start ${file}: ${outcome.code}${interpreter}`,
      );
    }
  }
};

/**
 * Runs a tool to its end. A non-zero exit is a value; everything that kept the tool from answering is an absence, and
 * the answer comes within the deadline even when the tool is stuck in the kernel.
 */
export const run = async (
  tool: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Reading<CommandResult>> => {
  const { abandoned, slots, clock, maxBytes = MAX_BYTES, as: name = toolName(tool) } = options;
  const command = commandLine(tool, args);
  const startedMs = clock.monotonicMs();
  const remainingMs = (): number => Math.max(1, options.deadlineMs - (clock.monotonicMs() - startedMs));

  const hanging = (): Reading<CommandResult> | undefined => {
    const described = abandoned.describe(name);
    if (described === undefined) return undefined;
    return absent('hung', `${name} ${described}; not started again while that process lives`);
  };
  const stuck = hanging();
  if (stuck !== undefined) return stuck;

  const release = await slots.acquire(name, remainingMs());
  if (release === undefined) {
    return (
      hanging() ?? absent('timeout', `${command}: waited ${seconds(options.deadlineMs)} for another call of ${name}`)
    );
  }
  try {
    const stuckMeanwhile = hanging();
    if (stuckMeanwhile !== undefined) return stuckMeanwhile;
    const file = await within(findTool(tool, options), remainingMs(), () =>
      absent('timeout', `${command}: looking for ${tool} on PATH took more than ${seconds(options.deadlineMs)}`),
    );
    if (!file.ok) return file;
    const limits = { deadlineMs: remainingMs(), maxBytes };
    const sinceUnixMs = clock.wallMs();
    const outcome = await supervise(startChild(file.value, args, options), limits);
    if (outcome.kind === 'hung') abandoned.add(name, outcome.pid, sinceUnixMs);
    return readingOf(outcome, command, file.value, { ...limits, deadlineMs: options.deadlineMs });
  } catch (error) {
    return absent('failed', `${command}: cannot be started: ${errorCode(error)}`);
  } finally {
    release();
  }
};
