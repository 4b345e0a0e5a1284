import type { World } from './state.ts';

/** `chronyc -n -c tracking`. */
export const chronyTracking = ({ host, atMs }: World): string => {
  const [reference, stratum, status] = host.clock.synchronized
    ? ['0A000001,10.0.0.1', 3, 'Normal']
    : ['7F7F0101,', 0, 'Not synchronised'];
  return `${reference},${stratum},${(atMs / 1000 - 12).toFixed(9)},0.000003412,0.000001201,0.000009874,-18.204,0.001,0.012,0.000418213,0.000203118,64.4,${status}\n`;
};

/** `timedatectl show -p NTPSynchronized`. */
export const timedatectlShow = ({ host }: World): string =>
  `NTPSynchronized=${host.clock.synchronized ? 'yes' : 'no'}\n`;
