import type { KernelEvent } from '../../src/api.ts';
import type { Strand } from './incidents.ts';
import { compareSeverity } from './kernel-errors.ts';

const OFF_THE_BUS = 79;
const PREEMPTIVE_REMOVAL = 45;
const CHANNEL_RESET = 43;
const RECOVERY_ACTION = 154;

/** What one end of an NVLink says when the other is gone (NVIDIA Xid catalogue, INVESTIGATE_PEER_DEVICE). */
const OF_A_LINK = new Set([74, 137, 144, 145, 146, 147, 148, 149, 150, 155]);
/** That a link went down, on whichever GPU: explains what NVIDIA decodes as CHECK_NVLINK_FAILURE_FLOW. */
const LINK_DOWN = new Set([74, 149, 155]);

/**
 * Which Xids of a GPU bring which others of the same GPU, by NVIDIA's Xid catalogue: 94 and 95 carry the bucket "IGNORE
 * (sympathetic)", 63 and 64 say what became of the row that 48, 94 or 95 found broken (WORKFLOW_XID_48), 171 and 172 are
 * details of 48, and the sheet for Xid 144-150 says which of them lead to 48, 94 or 95.
 */
const BRINGS: ReadonlyMap<number, ReadonlySet<number>> = new Map([
  [144, new Set([48, 94, 95])],
  [145, new Set([48, 94, 95])],
  [146, new Set([48, 94, 95])],
  [48, new Set([63, 64, 94, 95, 171, 172])],
  [140, new Set([94, 95])],
  [171, new Set([63, 64, 94, 95])],
  [172, new Set([94, 95])],
  [95, new Set([63, 64, 94])],
  [94, new Set([63, 64])],
]);

type XidStrand = Strand<`${string}-xid` | (string & {})>;

const isGrave = ({ code }: XidStrand): boolean => code === 'fatal-xid' || code === 'reset-xid';
const isOfJob = ({ code }: XidStrand): boolean => code === 'application-xid';
const isOfHardware = (one: XidStrand): boolean => isGrave(one) || one.code === 'hardware-xid';

/** NVIDIA's bucket for what matters only where nothing else was said. */
const isSympathetic = ({ meaning }: KernelEvent): boolean => meaning?.investigatory === 'SYMPATHETIC_REPORT_SOLO';

/** Processes of different names are different jobs; the driver does not always know the name. */
const mayBeOneJob = (one: KernelEvent, other: KernelEvent): boolean => {
  const { pid, name } = one.fields;
  if (pid !== undefined && pid === other.fields.pid) return true;
  return name === undefined || other.fields.name === undefined || name === other.fields.name;
};

/**
 * Whether one strand may be why another came about, given that both are of one time.
 *
 * Where a GPU fails, its job ends, and each GPU of the job prints what the driver cleans up: Xid 45 above all, 168,924
 * times in two days beside 10 others on one fleet (NVIDIA/NVSentinel issue 1710), and on 77 healthy nodes after one crash
 * (pull request 1629). For a fault that needs a reset or a reboot the time alone is enough, on every GPU of the node: the
 * process in its line is whichever ran when the driver noticed. What jobs do to themselves must be of one GPU or job.
 */
export const explains = (cause: XidStrand, sequel: XidStrand): boolean => {
  const isOwn = cause.component.key === sequel.component.key;
  const [from, to] = [cause.number, sequel.number];
  if (from === undefined || to === undefined) return false;
  if (from === to && isOwn) return to === RECOVERY_ACTION && isGrave(cause) && !isGrave(sequel);
  if (sequel.event.causedBy === from) return true;
  if (to === OFF_THE_BUS) return false;
  if (from === OFF_THE_BUS) return isOwn || OF_A_LINK.has(to) || isOfJob(sequel);
  if (isOfJob(sequel)) return explainsOfJob();
  if (to === RECOVERY_ACTION) return isOwn && isOfHardware(cause);
  // On another GPU it needs a recovery of its own.
  if (isSympathetic(sequel.event) && !isSympathetic(cause.event))
    return isOwn && isOfHardware(cause) && from !== RECOVERY_ACTION;
  if (sequel.event.meaning?.investigatory === 'CHECK_NVLINK_FAILURE_FLOW') return LINK_DOWN.has(from);
  return isOwn && BRINGS.get(from)?.has(to) === true;

  function explainsOfJob(): boolean {
    // Any other Xid of the GPU (WORKFLOW_XID_45: not alone, follow the other).
    if (isGrave(cause) || (isOwn && to === PREEMPTIVE_REMOVAL)) return true;
    if (isOfHardware(cause)) return isOwn;
    if (!isOfJob(cause) || !(isOwn || mayBeOneJob(cause.event, sequel.event))) return false;
    if (from === PREEMPTIVE_REMOVAL || from === to) return false;
    if (to === PREEMPTIVE_REMOVAL) return true;
    if (from === CHANNEL_RESET) return false;
    if (to === CHANNEL_RESET) return true;
    return cause.event.firstAt < sequel.event.firstAt && compareSeverity(cause.severity, sequel.severity) >= 0;
  }
};

/** The same Xid of jobs on another GPU at one time: NVIDIA's workflows for 13 and 31 take that for the program's fault. */
export const isSameCrash = (one: XidStrand, other: XidStrand): boolean =>
  one !== other && one.number === other.number && mayBeOneJob(one.event, other.event);
