/** Monotonic milliseconds. Not `performance`: its module takes some milliseconds to load, which a prolog notices. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
