import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

/**
 * `EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#0_DIMM#1 (channel:0 slot:1 …)` (Linux, drivers/edac/edac_mc.c);
 * one line may carry thousands. The banners of the drivers have no count.
 */
const MEMORY_ERROR = /^EDAC (MC\d{1,3}): (\d{1,10}) (CE|UE) (?:.{0,120}?\bon )?([^(]{1,120})/;

/** A memory error that an EDAC driver reports. */
export const parseEdac = (text: string): KernelMessage | undefined => {
  const [, controller, count, kind, place = ''] = MEMORY_ERROR.exec(text) ?? [];
  if (controller === undefined) return undefined;
  const severity = kind === 'UE' ? 'uncorrectable' : 'correctable';
  const dimm = place.trim();
  return {
    kind: 'edac',
    component: NODE,
    fields: fieldsOf({ controller, count, severity, dimm }),
    variant: `${controller} ${severity} ${dimm}`,
  };
};
