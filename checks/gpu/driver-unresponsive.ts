import { type Absent, defineCheck, type Judgement } from '../../src/api.ts';
import { ownPciGpus } from '../shared/expectation.ts';
import { condition, drain, stay } from '../shared/rules.ts';

const SOURCE = 'nvidia-smi';

/**
 * Words and exit codes (nvidia-smi manual, RETURN VALUE) by which the driver itself refuses. Anything else, a missing
 * library or an output cut short, may be our own fault on every node at once, and so drains none.
 */
const BY_DRIVER =
  /communicate with the NVIDIA driver|driver (is )?not loaded|exit code (8|9|10|15|255)\b|lost|fallen off/i;

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/driver-unresponsive',
  title: 'NVIDIA driver does not answer',
  why: 'A driver that hangs or refuses blocks every job that starts here, and hides every other GPU fault.',
  source: 'nvidia-smi manual (return codes); kernel.hung_task_timeout_secs; DCGM issues 247 and 136 (hung queries)',
  remedy:
    'Read `dmesg -T | grep -iE "NVRM|hung task"`; list what holds the GPUs with `fuser -v /dev/nvidia*`; reboot the node. ' +
    'Where nvidia-smi is missing, install the driver package or correct PATH.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['sources'],
  uses: ['gpus', 'driver', 'pciGpus', 'profile'],
  options: {
    hung_seconds: {
      default: 120,
      unit: 'seconds',
      source: 'Linux kernel, default of kernel.hung_task_timeout_secs',
      help: 'A query that has been running for this long counts as a hung driver.',
    },
    hangs_in_a_row: {
      default: 3,
      source: 'three missed deadlines exclude a load peak; the first alone is UNKNOWN',
      help: 'So many queries in a row that missed their deadline count as a hung driver.',
    },
  },
  rules: {
    hung: condition('CRITICAL', 'nvidia-smi hangs', drain('reboot')),
    'driver-failed': condition('CRITICAL', 'The driver refuses to answer', drain('reboot')),
    // A prolog with a bare PATH must not drain the fleet.
    'tool-missing': condition('CRITICAL', 'nvidia-smi is missing', stay('service')),
  },
  judge: ({ sources, gpus, driver, pciGpus, profile }, { node, options }) => {
    const state = sources.find(({ source }) => source === SOURCE);
    const onPci = ownPciGpus(pciGpus).length;
    const configured = profile.ok && profile.value.configured;
    const unjudged = (because: Absent): Judgement<'hung' | 'driver-failed' | 'tool-missing'>[] => [
      { unjudged: node, because, expected: onPci > 0 || configured || (profile.ok && profile.value.known) },
    ];
    if (state === undefined) {
      return unjudged({ ok: false, reason: 'not-recorded', detail: 'nvidia-smi was not asked' });
    }

    const { hungSeconds, hangsInARow } = state;
    if (hungSeconds >= options.hung_seconds || hangsInARow >= options.hangs_in_a_row) {
      const observed = hungSeconds > 0 ? `running for ${Math.round(hungSeconds)} s` : `hangs in a row: ${hangsInARow}`;
      return [
        {
          finding: {
            component: node,
            code: 'hung',
            message: `nvidia-smi does not come back (${observed}): the driver hangs`,
            observed,
            expected: `an answer before ${options.hung_seconds} s`,
            evidence: { hung_seconds: Math.round(hungSeconds), hangs_in_a_row: hangsInARow },
          },
        },
      ];
    }

    // Where every GPU belongs to a virtual machine there is nothing to answer for, whatever the tool says.
    const answers = !gpus.ok && gpus.reason === 'no-device' ? [gpus] : [state.answered, gpus];
    const refusal = answers.find((reading): reading is Absent & typeof reading => !reading.ok);
    const answered = state.answered.ok ? state.answered.value : true;
    // Half an answer: the output ended early, or whole GPUs in it say nothing.
    const silent = gpus.ok ? gpus.value.find(({ health }) => !health.ok && health.reason === 'failed') : undefined;
    if (refusal === undefined && answered && silent !== undefined && !silent.health.ok) return unjudged(silent.health);
    if (refusal === undefined && answered) return [{ pass: node }];
    const because: Absent = refusal ?? { ok: false, reason: 'failed', detail: 'nvidia-smi gave no usable answer' };
    // Two versions of the driver at once are judged by firmware/driver-mismatch; one fault is one finding.
    if (driver.ok && driver.value.libraryMismatch.ok && driver.value.libraryMismatch.value) return unjudged(because);
    switch (because.reason) {
      case 'no-device':
        // "No devices were found" is an answer; without a GPU on the bus it says nothing about a driver.
        return onPci > 0 && state.answered.ok ? [{ pass: node }] : unjudged(because);
      case 'no-tool':
        // A node without GPUs says so in its configuration (gpus: none); then this check does not run.
        if (onPci === 0 && !configured) return [{ unjudged: node, because, expected: true }];
        return [
          {
            finding: {
              component: node,
              code: 'tool-missing',
              message: `nvidia-smi is not installed or not on PATH; ${onPci > 0 ? `NVIDIA GPUs on the PCI bus: ${onPci}` : 'this machine is configured to have GPUs'}`,
              observed: because.detail,
              expected: 'nvidia-smi on PATH',
            },
          },
        ];
      case 'failed':
      case 'lost':
        if (onPci === 0) return unjudged(because);
        return [
          {
            finding: {
              component: node,
              code: 'driver-failed',
              message: `The driver does not answer; NVIDIA GPUs on the PCI bus: ${onPci}; ${because.detail}`,
              observed: because.detail,
              expected: 'a description of every GPU',
              evidence: { gpus_on_pci: onPci },
              ...(BY_DRIVER.test(because.detail) ? {} : { override: { action: stay('reboot') } }),
            },
          },
        ];
      default:
        return unjudged(because);
    }
  },
});
