import type { CauseKind, GpuWindow, ThrottleReason } from '../../api.ts';

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
const megahertz = (hertz: number): string => `${Math.round(hertz / 1e6)} MHz`;

/** The largest of them: the driver may count one moment under several reasons. */
const share = (window: GpuWindow | undefined, reasons: readonly ThrottleReason[]): number | undefined => {
  const told = reasons.flatMap((reason) => window?.throttleRatio[reason] ?? []);
  return told.length === 0 ? undefined : Math.max(...told);
};

/** `hw_slowdown` is both of the hardware's reasons, for drivers that tell neither apart. */
const split = (window: GpuWindow | undefined, reasons: readonly ThrottleReason[]): readonly ThrottleReason[] => {
  const { hw_thermal: thermal, hw_power_brake: braked } = window?.throttleRatio ?? {};
  return thermal === undefined && braked === undefined ? [...reasons, 'hw_slowdown'] : reasons;
};

/** The agent's windows (docs/metrics.md). */
const WINDOW_TEXT = 'of the last 5 min';

const thermal = (window: GpuWindow | undefined): string => {
  const ratio = share(window, split(window, ['sw_thermal', 'hw_thermal']));
  const hot = window?.temperatureCelsius;
  return [
    ratio === undefined ? 'thermally throttled' : `thermally throttled ${percent(ratio)} ${WINDOW_TEXT}`,
    ...(hot === undefined ? [] : [`${Math.round(hot)} °C`]),
  ].join(', ');
};

const brake = (window: GpuWindow | undefined): string => {
  const ratio = share(window, split(window, ['hw_power_brake']));
  return ratio === undefined ? 'power brake' : `power brake for ${percent(ratio)} ${WINDOW_TEXT}`;
};

const limit = (watts: number | undefined, usualWatts: number | undefined): string => {
  if (watts === undefined) return 'power limit lowered';
  const usual = usualWatts === undefined || usualWatts === watts ? '' : `, usually ${Math.round(usualWatts)} W`;
  return `power limit ${Math.round(watts)} W${usual}`;
};

const locked = (window: GpuWindow | undefined): string =>
  window?.smClockHertz === undefined ? 'clocks locked' : `clocks locked, SM clock ${megahertz(window.smClockHertz)}`;

/** One clause of what is known: the agent exports that there is a cause, and the readings beside it. */
export const causeDetail = (
  kind: CauseKind,
  window: GpuWindow | undefined,
  { limitWatts, usualLimitWatts }: { readonly limitWatts?: number; readonly usualLimitWatts?: number },
): string => {
  switch (kind) {
    case 'thermal_throttle':
      return thermal(window);
    case 'power_brake':
      return brake(window);
    case 'power_limit_lowered':
      return limit(limitWatts, usualLimitWatts);
    case 'clocks_locked':
      return locked(window);
    case 'pcie_degraded':
      return 'PCIe link below its width or generation';
    case 'nvlink_degraded':
      return 'NVLink links down or with errors';
    case 'link_degraded':
      return 'a network port of the node is down, slow or has errors';
    case 'remapped_rows':
      return 'remapped memory rows';
    case 'host_pressure':
      return 'the host is short of CPU, memory or I/O';
  }
};
