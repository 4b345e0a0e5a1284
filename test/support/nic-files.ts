/** The text of a file of a port, of its device, and what `ethtool` and `dcb` say of its interface: keys of a recording. */
export const portFile = (device: string, file: string): string => `sys/class/infiniband/${device}/ports/1/${file}`;
export const deviceFile = (device: string, file: string): string => `sys/class/infiniband/${device}/device/${file}`;
export const ethtoolOf = (netdev: string): string => `commands/ethtool_-S_${netdev}.out`;
export const pfcOf = (netdev: string): string => `commands/dcb_pfc_show_dev_${netdev}.out`;
export const trustOf = (netdev: string): string => `commands/dcb_app_show_dev_${netdev}_dscp-prio.out`;

/** A number in a file, that much larger. */
export const raised =
  (by: number) =>
  (text: string): string =>
    `${Number(text) + by}\n`;

/** A line of `ethtool -S` with another number. */
export const counting =
  (name: string, total: number) =>
  (text: string): string => {
    if (!text.includes(` ${name}: `)) throw new Error(`ethtool does not print ${name}`);
    return text.replace(new RegExp(` ${name}: \\d+`), ` ${name}: ${total}`);
  };

/** sysfs' words for a port without a link. */
export const DOWN = {
  state: '1: DOWN\n',
  phys_state: '2: Polling\n',
  rate: '10 Gb/sec (4X SDR)\n',
} as const;

/** The files of a port, changed. */
export const portFiles = (device: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [portFile(device, file), text]));

/** Each read of the device hangs, as paths for `failing`. */
export const silent = (device: string): Record<string, string> =>
  Object.fromEntries(
    [
      'hca_type',
      'board_id',
      'ports',
      ...['state', 'phys_state', 'rate', 'link_layer'].map((file) => `ports/1/${file}`),
    ].map((file) => [`sys/class/infiniband/${device}/${file}`, 'hung: no answer in 2 s']),
  );
