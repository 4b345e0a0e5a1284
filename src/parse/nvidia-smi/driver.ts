import { type Absent, absent, type CommandResult, type Driver, known, NODE, type Raw, type S } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { integer } from '../quantity.ts';
import { versionMismatch } from './errors.ts';

const noMismatch = absent('unsupported', 'nvidia-smi prints the version of its library only when it does not fit');

/** `610.57.04 [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]` is the version and a remark. */
const withoutRemark = (text: string): S => {
  const given = absenceOf(text);
  if (given) return given;
  const version = text.replace(/\s*\[.*$/s, '').trim();
  return /^\d+(?:\.\d+)+$/.test(version) ? known(version) : absent('failed', `${JSON.stringify(text)} is no version`);
};

/** The driver's version by whichever name it is printed; drivers from 595 on call it the kernel-mode driver's. */
export const driverVersion = (root: ReadonlyMap<string, string>): S => {
  const printed = ['kmd_version', 'driver_version'].flatMap((name) => root.get(name) ?? []).map(withoutRemark);
  return printed.find((version) => version.ok) ?? printed[0] ?? absent('failed', 'driver_version: not in the output');
};

/** The driver as the head of the document describes it. */
export const describedDriver = (root: ReadonlyMap<string, string>): Raw<Driver> => {
  const cuda = root.get('cuda_version');
  const attached = root.get('attached_gpus');
  return {
    ref: NODE,
    version: driverVersion(root),
    cudaVersion: cuda === undefined ? absent('unsupported', 'cuda_version: not in the output') : withoutRemark(cuda),
    libraryMismatch: known(false),
    libraryVersion: noMismatch,
    attachedGpus: attached === undefined ? absent('failed', 'attached_gpus: not in the output') : integer(attached),
  };
};

/** What a refusal still says of the driver; undefined where it says nothing. */
export const refusedDriver = ({ stdout, stderr }: CommandResult, why: Absent): Raw<Driver> | undefined => {
  const mismatch = versionMismatch(`${stdout}\n${stderr}`);
  if (mismatch) {
    const { libraryVersion } = mismatch;
    return {
      ref: NODE,
      version: why,
      cudaVersion: why,
      libraryMismatch: known(true),
      libraryVersion:
        libraryVersion === undefined ? absent('failed', 'not printed with the mismatch') : known(libraryVersion),
      attachedGpus: why,
    };
  }
  // The library and the module talk to each other, or there would be no answer about devices.
  if (why.reason !== 'no-device') return undefined;
  const attachedGpus = known(0);
  return {
    ref: NODE,
    version: why,
    cudaVersion: why,
    libraryMismatch: known(false),
    libraryVersion: noMismatch,
    attachedGpus,
  };
};
