/** `1981.3 GiB`; below one GiB `80 MiB`. */
export const memorySize = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `1.9 TB`, in powers of ten, as drives are sold. */
export const bytesText = (bytes: number): string => {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${UNITS[power]}`;
};

/** `0.034` → `3.4 %`, `0.0034` → `0.34 %`, `0.00034` → `0.034 %`. */
export const percent = (share: number): string => {
  const parts = Math.abs(share) < 0.001 ? 1000 : Math.abs(share) < 0.01 ? 100 : 10;
  return `${Math.round(share * (100 * parts)) / parts} %`;
};
