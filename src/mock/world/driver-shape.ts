/**
 * Which elements `nvidia-smi -q -x` prints. Versions are the first at which real captures show the change
 * (570.148.08, 580.105.08, 580.173.02, 595.91.07), not NVIDIA's own change points.
 */
export interface DriverShape {
  readonly dtd: 'v12' | 'v13';
  /** Throttle-time counters, fabric health summary, pdi, pending repairs; before them `gpu_reset_status` and voltage. */
  readonly r580: boolean;
  /** Inactive remapped rows, unrepairable memory, partition_assigned. */
  readonly r580Update: boolean;
  /** `power_state` and the application clocks are deprecated. */
  readonly r590: boolean;
}

export const driverShape = (version: string): DriverShape => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return {
    dtd: major >= 580 ? 'v13' : 'v12',
    r580: major >= 580,
    r580Update: major > 580 || (major === 580 && minor >= 173),
    r590: major >= 590,
  };
};
