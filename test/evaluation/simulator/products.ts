/** What a GPU product is like: clocks, limits and temperatures as its driver reports them, power levels as far as known. */
export interface Product {
  /** As `nvidia-smi` prints it. */
  readonly name: string;
  readonly gpusPerNode: number;
  /** Step rate against an H100; two products in one job wait for the slower one. */
  readonly speed: number;
  readonly maxSmMegahertz: number;
  readonly idleSmMegahertz: number;
  /** Without a context. */
  readonly idleWatts: number;
  /** With a context at full clocks, no kernel running. */
  readonly readyWatts: number;
  /** Above `idleWatts`, tensor cores busy all the time at the highest clock, no limit. */
  readonly tensorWatts: number;
  readonly limitWatts: number;
  readonly minLimitWatts: number;
  readonly maxOperatingCelsius: number;
  /** Kelvin per watt, from inlet air to die, at the fan curve's usual speed. */
  readonly kelvinPerWatt: number;
  /** Share of the highest clock that a hardware slowdown leaves. */
  readonly slowdownClock: { readonly low: number; readonly high: number };
  readonly pcieGeneration: number;
  readonly pciBusIds: readonly string[];
  readonly nvlinks: number;
  readonly nvlinkRate: string;
  readonly infinibandRate: string;
}

const HGX = ['1B', '43', '52', '61', '9D', 'C3', 'D1', 'DF'].map((bus) => `00000000:${bus}:00.0`);

// Clocks, limits, temperatures and PCI addresses as real drivers print them (captures behind src/mock/machines).
// Watts between idle and full load, and kelvin per watt, are set so that a loaded GPU looks as captures do: an H100 at
// 632 W 59 °C, an H200 at 627 W 52 °C; readyWatts and the power of other products are INVENTED in proportion.
// A hardware slowdown cuts clocks "by a factor of 2 or more" (nvidia-smi --help-query-gpu); hot V100s were seen at
// 300–750 of 1530 MHz (Longhorn, hal-uw).
const H100: Product = {
  name: 'NVIDIA H100 80GB HBM3',
  gpusPerNode: 8,
  speed: 1,
  maxSmMegahertz: 1980,
  idleSmMegahertz: 345,
  idleWatts: 70,
  readyWatts: 118,
  tensorWatts: 690,
  limitWatts: 700,
  minLimitWatts: 200,
  maxOperatingCelsius: 87,
  kelvinPerWatt: 0.056,
  slowdownClock: { low: 0.2, high: 0.48 },
  pcieGeneration: 5,
  pciBusIds: HGX,
  nvlinks: 18,
  nvlinkRate: '26.562 GB/s',
  infinibandRate: '400 Gb/sec (4X NDR)',
};

export const PRODUCTS = {
  v100: {
    ...H100,
    name: 'Tesla V100-SXM2-16GB',
    gpusPerNode: 4,
    speed: 0.2,
    maxSmMegahertz: 1530,
    idleSmMegahertz: 135,
    idleWatts: 42,
    readyWatts: 58,
    tensorWatts: 300,
    limitWatts: 300,
    minLimitWatts: 150,
    maxOperatingCelsius: 83,
    kelvinPerWatt: 0.135,
    pcieGeneration: 3,
    pciBusIds: ['04', '05', '84', '85'].map((bus) => `00000000:${bus}:00.0`),
    nvlinks: 6,
    nvlinkRate: '25.781 GB/s',
    infinibandRate: '100 Gb/sec (4X EDR)',
  },
  a100: {
    ...H100,
    name: 'NVIDIA A100-SXM4-80GB',
    speed: 0.4,
    maxSmMegahertz: 1410,
    idleSmMegahertz: 210,
    idleWatts: 60,
    readyWatts: 88,
    tensorWatts: 385,
    limitWatts: 400,
    minLimitWatts: 100,
    maxOperatingCelsius: 85,
    kelvinPerWatt: 0.095,
    pcieGeneration: 4,
    pciBusIds: ['07', '0F', '47', '4E', '87', '90', 'B7', 'BD'].map((bus) => `00000000:${bus}:00.0`),
    nvlinks: 12,
    nvlinkRate: '25 GB/s',
    infinibandRate: '200 Gb/sec (4X HDR)',
  },
  h100: H100,
  h200: { ...H100, name: 'NVIDIA H200', speed: 1.05, idleWatts: 77, kelvinPerWatt: 0.046 },
  b200: {
    ...H100,
    name: 'NVIDIA B200',
    speed: 2.1,
    maxSmMegahertz: 1965,
    idleSmMegahertz: 120,
    idleWatts: 138,
    readyWatts: 190,
    tensorWatts: 950,
    limitWatts: 1000,
    maxOperatingCelsius: 88,
    kelvinPerWatt: 0.042,
    nvlinkRate: '53.125 GB/s',
  },
  gb200: {
    ...H100,
    name: 'NVIDIA GB200',
    gpusPerNode: 4,
    speed: 2.3,
    maxSmMegahertz: 2062,
    idleSmMegahertz: 120,
    idleWatts: 150,
    readyWatts: 210,
    tensorWatts: 1150,
    limitWatts: 1200,
    kelvinPerWatt: 0.026,
    pciBusIds: ['00000008', '00000009', '00000018', '00000019'].map((domain) => `${domain}:01:00.0`),
    nvlinkRate: '53.125 GB/s',
  },
} as const satisfies Readonly<Record<string, Product>>;

export type ProductName = keyof typeof PRODUCTS;
