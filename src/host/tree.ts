/**
 * One moment of a machine as text, keyed by path. A recording on disk, the simulated machines and the fixtures of the
 * tests all have this layout:
 *
 *   commands/<key>.out    stdout of a command; `commandKey` makes the key
 *   commands/<key>.err    its stderr, when there was any
 *   commands/<key>.exit   its exit code when not 0, or an absence as `reason: detail` (`hung: no answer in 10 s`)
 *   sys/…  proc/…         files of the machine, below /sys and /proc
 *   kmsg                  kernel records, one a line
 *   absences              what could not be read, one a line: the path (or `kmsg`), a tab, `reason: detail`
 */
export type MachineTree = ReadonlyMap<string, string>;

/** `nvidia-smi -q -x` is stored as `nvidia-smi_-q_-x`. */
export const commandKey = (tool: string, args: readonly string[]): string =>
  [tool.slice(tool.lastIndexOf('/') + 1), ...args].join('_').replaceAll('/', '%');
