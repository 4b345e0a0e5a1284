import {
  defineCheck,
  type Fact,
  type Judgement,
  type KernelEvent,
  known,
  type MemoryControllers,
  type Reading,
  type Rule,
} from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { growth, span } from '../shared/growth.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
import { areClose } from '../shared/kernel-errors.ts';
import { condition, drain, event, stay } from '../shared/rules.ts';

type Reported = 'uncorrectable' | 'hardware-error' | 'logged';

const DAY_SECONDS = 86_400;
const COUNTED = 'where an EDAC driver is loaded; virtual machines show none';

/** The rules for what the kernel says, as opposed to what its counters show. */
const REPORTED: Readonly<Record<Reported, Rule>> = {
  uncorrectable: event('CRITICAL', 'Uncorrectable memory error', drain('service'), { clearedBy: 'service' }),
  'hardware-error': event('WARNING', 'Hardware error that was not corrected', stay('service'), {
    clearedAfterSeconds: 7 * DAY_SECONDS,
  }),
  logged: event('INFO', 'Hardware errors were logged', stay('none'), { clearedAfterSeconds: DAY_SECONDS }),
};

/** What the lines of the kernel call the severities that a job, or the machine, does not survive. */
const NOT_CORRECTED: readonly string[] = ['uncorrected', 'fatal', 'deferred'];

/** `DIMM CPU_SrcID#0_Ha#0_Chan#1_DIMM#1 (MC0)`, as far as the kernel says where. */
const placeOf = ({ dimm, controller, part }: KernelEvent['fields']): string => {
  if (dimm !== undefined) return `${dimm} (${controller})`;
  return part ?? 'a memory module that the kernel does not name';
};

const told = ({ kind, fields }: KernelEvent): Told<Reported> | undefined => {
  const { severity = 'unknown', section, outcome, page } = fields;
  if (kind === 'edac') {
    // Those that were corrected are counted, line or no line.
    return severity === 'uncorrectable'
      ? { code: 'uncorrectable', what: `The memory of the host had an uncorrectable error in ${placeOf(fields)}` }
      : undefined;
  }
  const before = fields.previousBoot === undefined ? '' : ' before the last boot';
  if (section === 'memory' && NOT_CORRECTED.includes(severity)) {
    const what =
      page === undefined
        ? `The memory of the host had an uncorrectable error${before} in ${placeOf(fields)}`
        : `The kernel took a page of memory out of use after an uncorrectable error (${page}: ${outcome})`;
    return { code: 'uncorrectable', what };
  }
  const part = section === undefined ? '' : ` (${section})`;
  return NOT_CORRECTED.includes(severity)
    ? {
        code: 'hardware-error',
        what: `The hardware reported an error that was not corrected${before}: ${severity}${part}`,
      }
    : { code: 'logged', what: `The hardware reported an error that was corrected, or of unknown severity${part}` };
};

const isPlaced = ({ fields }: KernelEvent): boolean => fields.dimm !== undefined || fields.part !== undefined;
const isUncorrectable = (one: KernelEvent): boolean => told(one)?.code === 'uncorrectable';

/** One error is told by the controller, by the processor and when its page goes: the words that say where stand for all. */
const withoutEchoes = (events: readonly KernelEvent[]): readonly KernelEvent[] => {
  const placed = events.filter((one) => one.fromKernel && isPlaced(one) && isUncorrectable(one));
  return events.filter(
    (one) => isPlaced(one) || !isUncorrectable(one) || !placed.some((other) => areClose(one, other)),
  );
};

interface Risen {
  readonly name: string;
  readonly by: number;
  readonly over: string;
}

/** How much each controller counted in a day; a controller without history leaves it open, unless another says too much. */
const overADay = (
  fact: Fact<MemoryControllers>,
  kind: 'correctable' | 'uncorrectable',
  limit: number,
): Reading<readonly Risen[]> => {
  if (!fact.ok) return fact;
  const risen: Risen[] = [];
  let gap: Reading<never> | undefined;
  for (const [name, counters] of Object.entries(fact.value.controllers)) {
    const grown = growth(counters[kind], ['24h']);
    if (!grown.ok) gap ??= grown;
    else if (grown.value.by > limit) risen.push({ name, by: grown.value.by, over: span(grown.value) });
  }
  return risen.length === 0 && gap !== undefined ? gap : known(risen);
};

export default defineCheck({
  apiVersion: 1,
  id: 'host/memory-errors',
  title: 'Memory of the host has errors',
  why: 'An uncorrectable error kills the process that reads it or panics the node; a module that corrects hundreds a day is the one that will have it, and each corrected error can stop all cores for a firmware interrupt.',
  source:
    'Schroeder, Pinheiro, Weber, "DRAM Errors in the Wild" (SIGMETRICS 2009): 1.3 % of machines a year have an uncorrectable error, 70–80 % of them after corrected ones, and the module is then replaced; docs.kernel.org, admin-guide/RAS; Linux drivers/edac, drivers/acpi/apei, mm/memory-failure.c',
  remedy:
    'Find the module: `grep . /sys/devices/system/edac/mc/mc*/dimm*/{dimm_label,dimm_ce_count,dimm_ue_count}`, `ras-mc-ctl --error-count`, ' +
    '`dmesg | grep -E "EDAC|Hardware Error|Memory failure"`, and the event log of the BMC (`ipmitool sel elist`). Replace it; a reboot alone only lets the firmware repair a row. ' +
    'On Grace Hopper and Grace Blackwell the page may be GPU memory: see gpu/ecc-errors. Then `muster ack host/memory-errors --reason "module replaced"`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: [],
  uses: ['kernelLog', 'memoryControllers'],
  kernelEvents: ['edac', 'machine-check'],
  options: {
    correctable_per_day: {
      default: 100,
      unit: 'errors a day and memory controller',
      source: 'mcelog, mcelog.conf: [socket] mem-ce-error-threshold = 100 / 24h',
      help: 'More corrected errors than this within 24 hours on one memory controller are a finding.',
    },
  },
  rules: {
    ...REPORTED,
    'uncorrectable-counted': condition(
      'CRITICAL',
      'A memory controller counted uncorrectable errors',
      drain('service'),
      COUNTED,
    ),
    'correctable-rising': condition('WARNING', 'Many corrected memory errors', stay('watch'), COUNTED),
  },
  judge: ({ kernelLog, memoryControllers }, { node, now, bootedAt, options }) => {
    const reported = judgeHostEvents<Reported>({
      log: kernelLog.ok ? known({ ...kernelLog.value, events: withoutEchoes(kernelLog.value.events) }) : kernelLog,
      kinds: ['edac', 'machine-check'],
      codes: ['uncorrectable', 'hardware-error', 'logged'],
      rules: REPORTED,
      tell: told,
      node,
      now,
      bootedAt,
    });
    const isTold = reported.some((one) => 'finding' in one && one.finding.code === 'uncorrectable');
    const limit = options.correctable_per_day;
    return [
      ...reported,
      // The same error in the kernel's words says where it was: it is not told twice.
      ...(isTold ? [] : [counted('uncorrectable-counted', 'uncorrectable', 0)]),
      counted('correctable-rising', 'correctable', limit),
    ];

    function counted<C extends 'uncorrectable-counted' | 'correctable-rising'>(
      code: C,
      kind: 'correctable' | 'uncorrectable',
      limit: number,
    ): Judgement<C> {
      return about(node, code, overADay(memoryControllers, kind, limit), (risen) => {
        if (risen.length === 0) return undefined;
        const inWords = risen.map(({ name, by, over }) => `${by} on ${name} within ${over}`).join(', ');
        const most = Math.max(...risen.map(({ by }) => by));
        return {
          message: `The memory of the host had ${kind} errors: ${inWords}; the limit is ${limit} a day and controller`,
          observed: `${most} within a day`,
          expected: `at most ${limit}`,
          evidence: Object.fromEntries(risen.map(({ name, by }) => [name, by])),
        };
      });
    }
  },
});
