import { fieldsOf, type KernelMessage, partAt } from './message.ts';

/**
 * `NVRM: Xid (PCI:0000:b3:00 GPU-I:05 GPU-CI:01): 94, pid=1, name=x, text` (NVIDIA open-gpu-kernel-modules, kernel_rc.c;
 * drivers before R300 leave out `PCI:`). Anchored: the same text inside a process name must not match.
 */
const XID =
  /^NVRM: Xid \(?(?:PCI:)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}(?:\.[0-7])?)(?: GPU-I:(\d+))?(?: GPU-CI:(\d+))?\)?: (\d{1,5})(?![^\s,.:])/i;
const PROCESS = /^, pid=(?:(\d+)|'?<?[\w ]*>?'?)(?:, name=([^,]*))?/;
// `Ch 00000010`, `Channel ID 00000010`; driver 580: `channel 0x0000000a`, after `Graphics Exception: ` too.
const CHANNEL = /^(?:Graphics Exception: )?ch(?:annel)? (?:ID )?(?:0x)?([0-9a-f]{8})\b/i;
const CAUSED_BY = /\bcaused by previous Xid (\d{1,5})\b/;
/** Xid 13: `Graphics SM Warp Exception on (GPC 3, TPC 1, SM 0): Out Of Range Address`. */
const PLACE = /\(GPC (\d{1,2}), TPC (\d{1,2})\b/;
const RECOVERY_ACTION = /^GPU recovery action changed from 0x[0-9a-f]+ \(([^)]*)\) to 0x[0-9a-f]+ \(([^)]*)\)/i;

/**
 * Xid 144 to 150: unit, severity, whether it crossed containment (XC), whether it was injected (i), link, then interrupt
 * info, error status and debug words (docs.nvidia.com/deploy/xid-errors, NVLink5 errors). The line may be cut off.
 */
const NVLINK5 =
  /^([A-Z][A-Z0-9_/]{1,63}(?: Degraded)?) +(Fatal|Nonfatal) +XC(\d) +i(\d) +Link (-?\d{1,3}) +\(((?:0x[0-9a-f]{1,8}[ )]*){1,12})/i;

const nvlink5Fields = (text: string): Readonly<Record<string, string | undefined>> => {
  const [, unit, severity, crossContained, injected, link, list = ''] = NVLINK5.exec(text) ?? [];
  if (unit === undefined) return {};
  const [intrInfo, errorStatus, ...debug] = list.replaceAll(')', ' ').trim().split(/\s+/);
  return { unit, severity, crossContained, injected, link, intrInfo, errorStatus, debug: debug.join(' ') };
};

/** The Xid that a message reports, or undefined. */
export const parseXid = (text: string): KernelMessage | undefined => {
  const [head, address, gpuInstance, computeInstance, code] = XID.exec(text) ?? [];
  const component = address === undefined ? undefined : partAt('gpu', address);
  if (head === undefined || component === undefined) return undefined;
  const afterCode = text.slice(head.length);
  const [process = '', pid, name] = PROCESS.exec(afterCode) ?? [];
  const message = afterCode.slice(process.length).replace(/^[,:.\s]+/, '');
  const causedBy = CAUSED_BY.exec(message)?.[1];
  const [, previousRecoveryAction, recoveryAction] = RECOVERY_ACTION.exec(message) ?? [];
  const nvlink5 = nvlink5Fields(message);
  const [, gpc, tpc] = code === '13' ? (PLACE.exec(message) ?? []) : [];
  const place = gpc === undefined ? undefined : `GPC ${gpc} TPC ${tpc}`;
  return {
    kind: 'xid',
    component,
    code: Number(code),
    ...(causedBy === undefined ? {} : { causedBy: Number(causedBy) }),
    fields: fieldsOf({
      pid,
      name: name === '<unknown>' ? undefined : name,
      channel: CHANNEL.exec(message)?.[1],
      gpuInstance,
      computeInstance,
      place,
      ...nvlink5,
      previousRecoveryAction,
      recoveryAction,
      message,
    }),
    // The meaning of an Xid 144–150, and of a 154, hangs on these: a harmless one must not take the place of a fatal one.
    // Whether it is the same unit of the GPU that raises Xid 13 again tells the hardware from the program.
    variant: [nvlink5.unit, nvlink5.severity, nvlink5.intrInfo, nvlink5.errorStatus, recoveryAction, place]
      .join(' ')
      .trim(),
  };
};
