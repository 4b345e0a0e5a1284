import { fieldsOf, type KernelMessage, partAt } from './message.ts';

/** `nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 12028, Non-fatal, Link 32 egress …` (NVIDIA Fabric Manager user guide, SXid errors). */
const SXID = /^(nvidia-nvswitch(\d{1,3})): SXid \((?:PCI:)?([0-9a-f:.]{7,16})\): (\d{1,6})(?:, (.*))?$/i;
const SEVERITY = /^(Fatal|Non-fatal)(?:[,\s]|$)/;
const LINK = /\bLink (-?\d{1,3})\b/;

/** The SXid that a message reports; undefined also for the lines of detail that follow each fault. */
export const parseSxid = (text: string): KernelMessage | undefined => {
  const [, device, index, address, code, message = ''] = SXID.exec(text) ?? [];
  const component = address === undefined ? undefined : partAt('nvswitch', address);
  if (device === undefined || component === undefined) return undefined;
  if (message.startsWith('Data ') || message.startsWith('Severity ')) return undefined;
  const severity = SEVERITY.exec(message)?.[1];
  const fatal = severity === undefined ? undefined : String(severity === 'Fatal');
  const link = LINK.exec(message)?.[1];
  return {
    kind: 'sxid',
    component: { ...component, device, index: Number(index) },
    code: Number(code),
    fields: fieldsOf({ fatal, link, message }),
    variant: `${fatal ?? ''} ${link ?? ''}`.trim(),
  };
};
