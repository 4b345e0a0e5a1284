#!/usr/bin/env node
import { leaveStuck } from './cli/leave.ts';
import { runProgram } from './cli/program.ts';

// No top-level await: the single executable is a CommonJS file.
void runProgram(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  // What was written to a pipe has left by then: Node writes to pipes synchronously (nodejs.org/api/process.html).
  leaveStuck(code);
});
