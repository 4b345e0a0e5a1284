import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

/** What became of a hardware error: `unknown` where the line does not say. */
type Severity = 'corrected' | 'deferred' | 'uncorrected' | 'fatal' | 'unknown';

const machineCheck = (
  severity: Severity,
  fields: Readonly<Record<string, string | undefined>> & { readonly source: string },
): KernelMessage => ({
  kind: 'machine-check',
  component: NODE,
  fields: fieldsOf({ severity, ...fields }),
  variant: [fields.source, severity, fields.section, fields.part, fields.previousBoot].filter(Boolean).join(' '),
});

// arch/x86/kernel/cpu/mce/core.c, print_mce: `CPU 3: Machine Check Exception: 5 Bank 7: be00000000800400`.
const X86 =
  /^mce: \[Hardware Error\]: CPU \d{1,5}: Machine Check( Exception)?: [0-9a-f]{1,16} Bank (\d{1,3}): ([0-9a-f]{16})\b/;
/** Bit 61 of MCi_STATUS, UC (Intel SDM volume 3B, 16.3.2.2): in the first hexadecimal digit. */
const isUncorrected = (status: string): boolean => (Number.parseInt(status.charAt(0), 16) & 2) !== 0;

// The same file: several records, of any severity, are announced by one line.
const ANNOUNCED = /^mce: \[Hardware Error\]: Machine check events logged/;

// drivers/edac/mce_amd.c, decode_error_status.
const AMD: readonly (readonly [RegExp, Severity])[] = [
  [/^\[Hardware Error\]: Corrected error, no action required/, 'corrected'],
  [/^\[Hardware Error\]: Deferred error, no action required/, 'deferred'],
  [/^\[Hardware Error\]: Uncorrected, software (?:restartable|containable) error/, 'uncorrected'],
  [/^\[Hardware Error\]: System Fatal error/, 'fatal'],
];

// A page of memory is taken out of use: mm/memory-failure.c, action_result; arch/x86/kernel/cpu/mce/core.c, kill_me_maybe.
const PAGE = /^Memory failure: 0x[0-9a-f]{1,16}: recovery action for ([^:]{1,60}): (\w{1,20})/;
const CONSUMED = /^mce: Uncorrected hardware memory error in user-access at /;

const parseX86 = (text: string): KernelMessage | undefined => {
  const [, exception, bank, status] = X86.exec(text) ?? [];
  if (status === undefined) return undefined;
  if (!isUncorrected(status)) return machineCheck('corrected', { source: 'mce', bank });
  return machineCheck(exception === undefined ? 'uncorrected' : 'fatal', { source: 'mce', bank });
};

/** A hardware error that CPU or kernel reports in one line. */
export const parseMachineCheck = (text: string): KernelMessage | undefined => {
  if (ANNOUNCED.test(text)) return machineCheck('unknown', { source: 'mce' });
  if (CONSUMED.test(text)) return machineCheck('uncorrected', { source: 'mce', section: 'memory' });
  const [, page, outcome] = PAGE.exec(text) ?? [];
  if (page !== undefined)
    return machineCheck('uncorrected', { source: 'memory-failure', section: 'memory', page, outcome });
  const amd = AMD.find(([pattern]) => pattern.test(text));
  return amd === undefined ? parseX86(text) : machineCheck(amd[1], { source: 'mce' });
};

/** The lines of a record of the firmware that say how grave, which part and what: drivers/firmware/efi/cper.c. */
const RECORD = /^(?:\{(\d{1,10})\})?\[Hardware Error\]: +(event severity|fru_text|section_type): (.{1,80})$/;
const PREVIOUS_BOOT = /^BERT: Error records from previous boot:/;

const CPER: Readonly<Record<string, Severity>> = {
  corrected: 'corrected',
  info: 'corrected',
  recoverable: 'uncorrected',
  fatal: 'fatal',
};

interface FirmwareRecord {
  readonly number: string | undefined;
  readonly severity: Severity;
  /** The part, as the firmware names it: `Card01, ChnA, DIMM0`. */
  readonly part?: string;
}

/**
 * Errors that the firmware reports (GHES, on x86 and Arm), each over many lines: the first says how grave, a later one what
 * it is about. BERT tells after a boot what ended the one before.
 */
export const createFirmwareErrors = (): { next: (text: string) => KernelMessage | undefined } => {
  let current: FirmwareRecord | undefined;
  let ofPreviousBoot = false;
  return {
    next: (text) => {
      if (PREVIOUS_BOOT.test(text)) {
        ofPreviousBoot = true;
        return undefined;
      }
      const [, number, field, value = ''] = RECORD.exec(text) ?? [];
      if (field === undefined) return undefined;
      // Only the records of BERT have no number.
      if (number !== undefined) ofPreviousBoot = false;
      if (field === 'event severity') {
        current = { number, severity: CPER[value.trim()] ?? 'unknown' };
        return undefined;
      }
      // Lines of two records may alternate: what this one's beginning said is then not known.
      if (current?.number !== number) current = { number, severity: 'unknown' };
      if (field === 'fru_text') {
        current = { ...current, number, severity: current?.severity ?? 'unknown', part: value.trim() };
        return undefined;
      }
      return machineCheck(current?.severity ?? 'unknown', {
        source: 'firmware',
        section: value.trim().replace(/ error$/, ''),
        part: current?.part,
        previousBoot: ofPreviousBoot ? 'true' : undefined,
      });
    },
  };
};
