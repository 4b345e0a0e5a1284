/** Where the simulated HGX machines of Hopper and Blackwell have their GPUs, and GB200 its own. */
const HGX = ['1b', '43', '52', '61', '9d', 'c3', 'd1', 'df'].map((bus) => `0000:${bus}:00`);
const GB200 = ['0008:01:00', '0009:01:00', '0018:01:00', '0019:01:00'];

const line = (addresses: readonly string[], gpu: number, rest: string): string =>
  `NVRM: Xid (PCI:${addresses[gpu]}): ${rest}`;

/** What the driver prints of an Xid of the n-th GPU: `79, pid=…, text`. */
export const hgxXid = (gpu: number, rest: string): string => line(HGX, gpu, rest);
export const gb200Xid = (gpu: number, rest: string): string => line(GB200, gpu, rest);

/** A job of eight processes that died: the driver takes its channels away, one line each. */
export const storm = (lines: number, gpus = 8, o: { readonly name?: string; readonly code?: number } = {}): string[] =>
  Array.from({ length: lines }, (_, i) => {
    const gpu = i % gpus;
    const channel = (i % 512).toString(16).padStart(8, '0');
    return hgxXid(gpu, `${o.code ?? 45}, pid=${48_211 + gpu}, name=${o.name ?? 'python3'}, Ch ${channel}`);
  });
