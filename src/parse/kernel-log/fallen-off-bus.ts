import { fieldsOf, type KernelMessage, partAt } from './message.ts';

/**
 * What the driver prints where it has no Xid 79 to give (NVIDIA open-gpu-kernel-modules, nv.c): one line, or a sentence
 * over several lines. `/dev/kmsg` gives those as one record, dmesg and syslog as lines of their own.
 */
const ONE_LINE = /^NVRM: GPU ([0-9a-f:.]{5,16}): GPU has fallen off the bus\b/i;
const FIRST_LINE = /^NVRM: The NVIDIA GPU ([0-9a-f:.]{5,16})(?: |$)/i;
const DEVICE = /^NVRM: \(PCI ID: ([0-9a-f]{4}:[0-9a-f]{4})\)/i;
const LAST_LINE = /\bfallen off the bus\b/;
/** The sentence has four lines; other lines may come between them. */
const PATIENCE_LINES = 8;

/** Follows the sentence over its lines, so it wants every NVRM line in its order. */
export interface FallenOffBus {
  next(line: string): KernelMessage | undefined;
}

export const createFallenOffBus = (): FallenOffBus => {
  let address: string | undefined;
  let pciDeviceId: string | undefined;
  let waited = 0;

  const report = (of: string): KernelMessage | undefined => {
    const component = partAt('gpu', of);
    const fields = fieldsOf({ pciDeviceId });
    address = undefined;
    pciDeviceId = undefined;
    return component === undefined ? undefined : { kind: 'fallen-off-bus', component, fields };
  };

  return {
    next: (line) => {
      const whole = ONE_LINE.exec(line)?.[1];
      if (whole !== undefined) return report(whole);
      const first = FIRST_LINE.exec(line)?.[1];
      if (first !== undefined) {
        address = first;
        pciDeviceId = undefined;
        waited = 0;
      }
      if (address === undefined) return undefined;
      waited += 1;
      if (waited > PATIENCE_LINES) address = undefined;
      pciDeviceId = DEVICE.exec(line)?.[1] ?? pciDeviceId;
      return address !== undefined && line.startsWith('NVRM: ') && LAST_LINE.test(line) ? report(address) : undefined;
    },
  };
};
