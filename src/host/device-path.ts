// A device below its class or its bus. What else is read stands for itself.
const DEVICE = /^(\/sys\/class\/[^/]+\/[^/]+|\/sys\/bus\/[^/]+\/devices\/[^/]+)(?=\/)/;

/** What hangs together when a file hangs: the device behind it, `/sys/class/infiniband/mlx5_0`. */
export const deviceOf = (path: string): string => DEVICE.exec(path)?.[1] ?? path;
