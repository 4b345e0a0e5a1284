import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

/** `INFO: task kcompactd1:1177 blocked for more than 120 seconds.` (Linux, kernel/hung_task.c); the name may hold colons. */
const BLOCKED = /^INFO: task (.{1,64}):(\d{1,10}) blocked(?: [\w/ ]{1,40})? for more than (\d{1,9}) seconds/;

/** A task that slept uninterruptibly for so long that the kernel complains; after ten such lines it says no more. */
export const parseHungTask = (text: string): KernelMessage | undefined => {
  const [, name, pid, seconds] = BLOCKED.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { kind: 'hung-task', component: NODE, fields: fieldsOf({ name, pid, seconds }), variant: name };
};
