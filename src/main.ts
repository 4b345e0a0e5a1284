#!/usr/bin/env node
import { runProgram } from './cli/program.ts';

// No top-level await: the single executable is a CommonJS file.
void runProgram(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
