// Asks Muster, decides, tells Slurm. Prints at most one line; exit 10 is "drain", everything else lets the job start.
import { spawn } from 'node:child_process';
import { decide, printable } from './decide.mjs';

const EXIT_DRAIN = 10;
/** Together with starting Node and the system log these stay below the 8 s that the hook may take. */
const VALIDATE_LIMIT_MS = 5000;
const SCONTROL_LIMIT_MS = 2000;
/** A verdict about 8 GPUs is some 70 kB. */
const MAX_OUTPUT_CHARACTERS = 4_000_000;

/**
 * Runs a command and stops waiting at the limit, whether or not the command can be killed: a process that a broken
 * driver holds in uninterruptible sleep outlives even SIGKILL, and waiting for it is what a prolog must never do.
 */
const run = (file, args, limitMs) =>
  new Promise((resolve) => {
    const child = spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    const end = (result) => {
      clearTimeout(limit);
      resolve({ output, ...result });
    };
    const limit = setTimeout(() => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
      end({ failure: `no answer in ${limitMs / 1000} s` });
    }, limitMs);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (output.length < MAX_OUTPUT_CHARACTERS) output += text;
    });
    child.once('error', (error) => end({ failure: error.code ?? error.message }));
    child.once('close', (code, signal) => end(code === null ? { failure: `ended by ${signal}` } : { exitCode: code }));
  });

/** With our reason set first, Slurm keeps it instead of its own "Prolog error". */
const setReason = async (reason) => {
  const name = process.env.SLURMD_NODENAME ?? '';
  // One plain name: brackets and ALL would name other nodes as well.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) || name.toUpperCase() === 'ALL') return;
  const scontrol = process.env.MUSTER_SCONTROL || 'scontrol';
  await run(scontrol, ['update', `nodename=${name}`, 'state=drain', `reason=${reason}`], SCONTROL_LIMIT_MS);
};

// Not the exit code alone: an abandoned child would keep Node waiting for its pipe.
const finish = (line, code) => {
  if (line === undefined) process.exit(code);
  process.stdout.write(`${printable(line)}\n`, () => process.exit(code));
};

const muster = process.env.MUSTER || '/usr/local/bin/muster';
const validation = await run(
  muster,
  ['validate', '--level', 'quick', '--max-age', '60s', '--timeout', '4s', '-o', 'json'],
  VALIDATE_LIMIT_MS,
);
if (validation.failure !== undefined) {
  finish(`NOT CHECKED: ${muster} validate: ${validation.failure}; the job starts`, 0);
} else {
  const decision = decide(validation.output, { exitCode: validation.exitCode, now: Date.now() });
  if (!decision.drain) {
    finish(decision.remark === undefined ? undefined : `${decision.remark}; the job starts`, 0);
  } else if ((process.env.MUSTER_PROLOG_DRY_RUN ?? '') !== '') {
    finish(`DRY RUN, would drain: ${decision.reason}`, 0);
  } else {
    await setReason(decision.reason);
    finish(decision.reason, EXIT_DRAIN);
  }
}
