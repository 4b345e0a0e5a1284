import type { AbsenceReason, AnyCollector } from '../../api.ts';

const orOptional = (source: string): string =>
  `or, where this node has no such thing, sources: {${source}: {optional: true}}`;

/** The names are those of the tools that a configuration may place. */
const CURES: Partial<Readonly<Record<AbsenceReason, (source: AnyCollector, tool: string | undefined) => string>>> = {
  'no-tool': ({ id }, tool = id) => `install ${tool}, or name its path: tools: {${tool}: /PATH/TO/${tool}}`,
  denied: ({ id }) => `run as root or give this user the permission, ${orOptional(id)}`,
  hung: ({ reads }) => `the device or its driver does not answer; try by hand: timeout 30 ${reads}`,
  timeout: ({ reads }) => `the device or its driver answers too late; try by hand: time ${reads}`,
  'no-device': ({ id }) => `see whether the driver is loaded and the device is passed in, ${orOptional(id)}`,
  unsupported: ({ id }) => `a newer driver or kernel may tell it, ${orOptional(id)}`,
};

/** What to do about a source that does not say what it should. */
export const cureOf = (reason: AbsenceReason, source: AnyCollector, tool?: string): string => {
  if (source.id === 'kernel-log' && reason === 'denied')
    return `run as root or with CAP_SYSLOG; where the log is hidden, drop ProtectKernelLogs= or pass in /dev/kmsg, ${orOptional('kernel-log')}`;
  return CURES[reason]?.(source, tool) ?? `see what it says by hand: ${source.reads}`;
};
