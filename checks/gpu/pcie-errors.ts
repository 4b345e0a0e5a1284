import { defineCheck, type Judgement, type KernelEvent, known, type PciGpu, type Reading } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { growth, perMinute, span } from '../shared/growth.ts';
import { bounded, dividedByLifetime, iso } from '../shared/kernel-errors.ts';
import { bitErrorAllowance } from '../shared/pcie-allowance.ts';
import { condition, drain, stay } from '../shared/rules.ts';

const SEVERITIES = ['correctable', 'nonfatal', 'fatal'] as const;
type Severity = (typeof SEVERITIES)[number];

/** What went wrong on a link, by the counter of the GPU or, where that shows nothing, by the kernel's words. */
interface Errors {
  readonly count: number;
  readonly perMinute: number;
  readonly seconds: number;
  readonly event?: KernelEvent;
}

const WORDS: Readonly<Record<Severity, string>> = {
  correctable: 'corrected PCIe errors',
  nonfatal: 'uncorrectable non-fatal PCIe errors',
  fatal: 'fatal PCIe errors',
};

/** How long what the kernel said counts: errors that were corrected as long as the counter's widest window. */
const COUNTS = {
  correctable: { clearedAfterSeconds: 3600 },
  nonfatal: { clearedAfterSeconds: 86_400 },
  fatal: { clearedBy: 'reboot' },
} as const;

const rules = {
  'correctable-errors': condition('WARNING', 'Corrected PCIe errors are rising', stay('watch')),
  'nonfatal-errors': condition('WARNING', 'PCIe transactions were lost', stay('watch')),
  'fatal-errors': condition('CRITICAL', 'PCIe link failed', drain('reboot')),
} as const;

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/pcie-errors',
  title: 'PCIe errors of a GPU',
  why: 'A link that loses transactions ends jobs without an Xid, and one that corrects many is slow and about to fail.',
  source:
    'docs.kernel.org, ABI/testing/sysfs-bus-pci-devices-aer and PCI/pcieaer-howto; severities as facebookresearch/gcm check-syslogs pcie-aer',
  remedy:
    'Read `dmesg -T | grep AER` and `grep . /sys/bus/pci/devices/*/aer_dev_*`; compare `lspci -vvs BUSID | grep -E ' +
    '"LnkSta|CESta|UESta"`. After a fatal error reboot; where errors return, reseat the board, riser or cable, then replace it.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['pciGpus'],
  uses: ['gpus', 'kernelLog'],
  kernelEvents: ['aer'],
  options: {
    bit_error_ratio: {
      default: 1e-12,
      source: 'PCI Express base specification: the bit error ratio that a link may have',
      help: 'Corrected errors that this ratio explains are none.',
    },
    correctable_errors_per_minute: {
      default: 0,
      unit: 'errors/min',
      source: '0: from the bit error ratio, by generation and width',
      help: 'A fixed limit for every link instead.',
    },
  },
  rules,
  judge: ({ pciGpus, gpus, kernelLog }, { now, bootedAt, options }) => {
    const lines = kernelLog.ok
      ? kernelLog.value.events.filter(({ kind, fromKernel }) => kind === 'aer' && fromKernel)
      : [];

    const limitOf = ({ pcie }: PciGpu, severity: Severity): Reading<number> => {
      if (severity !== 'correctable') return known(0);
      const fixed = options.correctable_errors_per_minute;
      return fixed > 0 ? known(fixed) : bitErrorAllowance(pcie, options.bit_error_ratio);
    };

    /** The packets that one end repeats are those that the other received with errors: one fault, one alarm. */
    const isToldByReplays = ({ ref }: PciGpu, limit: number): boolean => {
      const gpu = gpus.ok ? gpus.value.find((one) => one.ref.key === ref.key) : undefined;
      const grown = gpu && growth(gpu.pcie.replays, ['interval', '15m', '1h'], (over) => perMinute(over) > limit);
      return grown?.ok === true && grown.value.tooMuch;
    };

    const logged = (gpu: PciGpu, severity: Severity, limit: number): Errors | undefined => {
      const own = lines.filter((event) => event.fields.severity === severity && isOf(event, gpu));
      const code = `${severity}-errors` as const;
      const assessed = own.map((event) => ({ event, code, override: { lifetime: COUNTS[severity] } }));
      return dividedByLifetime(assessed, rules, { now, bootedAt })
        .open.map(({ event }) => {
          const seconds = (event.at - event.firstAt) / 1000;
          const rate = perMinute({ by: event.repeats, seconds, resets: 0 });
          return { count: event.repeats, perMinute: rate, seconds, event };
        })
        .filter((errors) => errors.perMinute > limit)
        .sort((a, b) => b.perMinute - a.perMinute)[0];
    };

    const errorsOf = (gpu: PciGpu, severity: Severity, limit: number): Reading<Errors | undefined> => {
      const windows = severity === 'correctable' ? (['interval', '15m', '1h'] as const) : (['24h'] as const);
      const grown = growth(gpu.pcie.aer[severity], windows, (over) => perMinute(over) > limit);
      if (grown.ok && grown.value.tooMuch) {
        const { value } = grown;
        return known({ count: value.by, perMinute: perMinute(value), seconds: value.seconds });
      }
      const line = logged(gpu, severity, limit);
      if (line !== undefined) return known(line);
      if (!grown.ok) return grown;
      // The port above sees what the GPU sends, and only the log tells.
      return kernelLog.ok ? known(undefined) : kernelLog;
    };

    return pciGpus.flatMap((gpu): Judgement<`${Severity}-errors`>[] =>
      SEVERITIES.map((severity) => {
        const code = `${severity}-errors` as const;
        const limit = limitOf(gpu, severity);
        const errors = limit.ok ? errorsOf(gpu, severity, limit.value) : limit;
        return about(gpu.ref, code, errors, (found, name) => {
          if (found === undefined || !limit.ok) return undefined;
          const { count, seconds, event } = found;
          const twice = severity === 'correctable' && isToldByReplays(gpu, limit.value);
          const device = event?.fields.device;
          const at = device === undefined ? '' : ` (${device})`;
          const what = WORDS[severity];
          const seen =
            event === undefined ? `${name} counted ${what}` : `The kernel logged ${what} on the link of ${name}${at}`;
          const rate = Math.round(found.perMinute);
          const means = {
            correctable: `${rate} a minute, up to ${limit.value} are normal`,
            nonfatal: 'data was lost',
            fatal: 'the link failed',
          };
          // A line of the log that was not repeated has no duration.
          const within = seconds < 1 ? '' : ` within ${span({ seconds })}`;
          const component = event?.component;
          return {
            message: `${seen}: ${count}${within}; ${means[severity]}${twice ? '; see gpu/pcie-replays' : ''}`,
            observed: severity === 'correctable' ? `${rate}/min` : String(count),
            expected: severity === 'correctable' ? `at most ${limit.value}/min` : '0',
            evidence: {
              errors: count,
              seen_by: event === undefined ? 'aer_dev_* of the GPU' : 'kernel log',
              ...(event === undefined
                ? {}
                : { device: device ?? '', last_at: iso(event.at), text: bounded(event.text) }),
            },
            ...(component === undefined || component.key === gpu.ref.key ? {} : { related: [component] }),
            override: {
              ...(event === undefined ? {} : { lifetime: COUNTS[severity] }),
              ...(twice ? { severity: 'INFO' } : {}),
            },
            ...(event === undefined ? {} : { at: event.at }),
          };
        });
      }),
    );
  },
});

/** Of the GPU itself, or of the port above it, which sees what the GPU sends. */
const isOf = ({ component, fields: { device } }: KernelEvent, { ref, upstreamPort }: PciGpu): boolean => {
  if (component.key === ref.key || device === undefined) return component.key === ref.key;
  if (upstreamPort.ok && upstreamPort.value === device) return true;
  return ref.pciBusId?.toLowerCase().endsWith(device) === true;
};
