import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage, partAt } from './message.ts';

interface Phrase {
  readonly event: string;
  readonly pattern: RegExp;
}

/**
 * Lines of the ConnectX driver that say something about the hardware (Linux, drivers/net/ethernet/mellanox/mlx5/core;
 * the choice is that of NVSentinel's syslog-health-monitor). A refused ACCESS_REG is left out: a restricted function, as
 * DGX and GB200 have, refuses at every query and is healthy.
 */
const PHRASES: readonly Phrase[] = [
  { event: 'command-timeout', pattern: /timeout\. Will cause a leak of a command resource/ },
  { event: 'health-compromised', pattern: /device's health compromised/ },
  { event: 'unrecoverable-error', pattern: /unrecoverable hardware error/ },
  { event: 'insufficient-power', pattern: /Detected insufficient power on the PCIe slot \(([\d.]+) ?W\)/ },
  { event: 'high-temperature', pattern: /Port module event.{0,60}High Temperature/ },
  { event: 'cable-unplugged', pattern: /Port module event.{0,60}Cable unplugged/ },
  { event: 'transmit-timeout', pattern: /NETDEV WATCHDOG: .{0,80}transmit queue \d+ timed out/ },
];

const DEVICE = /^mlx5_core ([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?: ([\w.-]{1,16}))?: /i;
/** Before Linux 6.4 the watchdog names driver and interface only. */
const WATCHDOG = /^NETDEV WATCHDOG: ([\w.-]{1,16}) \(mlx5_core\): /;

/** What the driver of a NIC complains about. */
export const parseMlx5 = (text: string): KernelMessage | undefined => {
  const [, address, ownNetdev] = DEVICE.exec(text) ?? [];
  const watched = WATCHDOG.exec(text)?.[1];
  if (address === undefined && watched === undefined && !text.startsWith('mlx5_core: ')) return undefined;
  for (const { event, pattern } of PHRASES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const component = address === undefined ? NODE : (partAt('nic', address) ?? NODE);
    const netdev = ownNetdev ?? watched;
    return {
      kind: 'mlx5',
      component,
      fields: fieldsOf({ event, netdev, watts: event === 'insufficient-power' ? match[1] : undefined }),
      variant: `${event} ${netdev ?? ''}`.trim(),
    };
  }
  return undefined;
};
