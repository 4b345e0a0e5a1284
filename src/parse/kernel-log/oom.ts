import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

// The one line that each kill prints, whatever else is printed about it (Linux, mm/oom_kill.c); `Kill process` until 5.0.
const KILLED =
  /^(Out of memory|Memory cgroup out of memory)(?: \([^)]*\))?: Kill(?:ed)? process (\d{1,10})\b[^(]{0,40}\(([^)]*)\)/;

/** A process that the kernel killed for want of memory. */
export const parseOom = (text: string): KernelMessage | undefined => {
  const [, head, pid, name] = KILLED.exec(text) ?? [];
  if (head === undefined) return undefined;
  const scope = head.startsWith('Memory cgroup') ? 'cgroup' : 'system';
  return { kind: 'oom', component: NODE, fields: fieldsOf({ scope, pid, name }), variant: scope };
};
