import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEPLOY, deployFiles, hasTool, needs, runTool } from './support/tools.ts';

describe.skipIf(!hasTool('shellcheck'))(`shell scripts${needs('shellcheck')}`, () => {
  test.each(deployFiles('.sh'))('shellcheck %s', (file) => {
    expect(runTool('shellcheck', [file])).toEqual({ code: 0, said: '' });
  });
});

describe.skipIf(!hasTool('yamllint'))(`YAML${needs('yamllint')}`, () => {
  test.each(deployFiles('.yml', '.yaml'))('yamllint %s', (file) => {
    expect(runTool('yamllint', ['--strict', '-c', join(DEPLOY, '.yamllint'), file])).toEqual({ code: 0, said: '' });
  });
});
