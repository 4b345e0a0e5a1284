import { expect, test } from 'vitest';
import { procVersion, sysVersion } from '../../../src/parse/nvidia-smi/module-version.ts';

test.each([
  [
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.105.08  Release Build  (dvs@host)  Thu Jan 1\nGCC version:  gcc version 13.3.0\n',
    '580.105.08',
  ],
  [
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.74  Mon Sep 13 23:09:15 UTC 2021\nGCC version: 9.4.0',
    '470.74',
  ],
  ['NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.173.02  Release Build', '580.173.02'],
])('%s', (text, version) => {
  expect(procVersion(text)).toEqual({ ok: true, value: version });
});

test.each(['', 'GCC version:  gcc version 13.3.0', 'NVRM version: NVIDIA UNIX'])('%j has no version', (text) => {
  expect(procVersion(text)).toMatchObject({ ok: false, reason: 'failed' });
  expect(sysVersion(text)).toMatchObject({ ok: false, reason: 'failed' });
});

test('sysfs has the version alone', () => {
  expect(sysVersion('580.105.08\n')).toEqual({ ok: true, value: '580.105.08' });
});
