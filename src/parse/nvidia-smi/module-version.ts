import { absent, type DriverModule, known, NODE, type Raw, type Reading, type S } from '../../api.ts';
import { firstLine } from '../first-line.ts';

// `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.105.08  Release Build  (…)`, or without "Open" and "for".
const NVRM = /^NVRM version:.*?\s(\d{3,}(?:\.\d+)+)\s/m;
const PLAIN = /^\d{3,}(?:\.\d+)+$/;

/** The version in `/proc/driver/nvidia/version`. */
export const procVersion = (text: string): S => {
  const version = NVRM.exec(`${text}\n`)?.[1];
  return version === undefined
    ? absent('failed', `/proc/driver/nvidia/version: no version in ${JSON.stringify(firstLine(text) ?? '')}`)
    : known(version);
};

/** The version in `/sys/module/nvidia/version`. */
export const sysVersion = (text: string): S =>
  PLAIN.test(text.trim())
    ? known(text.trim())
    : absent('failed', `/sys/module/nvidia/version: no version in ${JSON.stringify(firstLine(text) ?? '')}`);

/** The loaded module; absent where neither file was there to read. */
export const moduleFact = (version: S): Reading<Raw<DriverModule>> =>
  version.ok ? known({ ref: NODE, version }) : version;
