import { type AbsenceReason, type Absent, absent } from '../api.ts';
import { errorCode } from './errno.ts';

const REASONS: Readonly<Record<string, AbsenceReason>> = {
  ENOENT: 'no-device',
  // A component of the path is a file: the directory that was asked for is not there.
  ENOTDIR: 'no-device',
  EACCES: 'denied',
  EPERM: 'denied',
  // A sysfs attribute that the driver creates for each device, but that this device does not implement.
  EOPNOTSUPP: 'unsupported',
};

/** What a failed read of a file says about the machine. */
export const fileAbsence = (path: string, error: unknown): Absent => {
  const code = errorCode(error);
  return absent(REASONS[code] ?? 'failed', `${path}: ${code}`);
};
