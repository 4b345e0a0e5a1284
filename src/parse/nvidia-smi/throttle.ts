import { absent, type B, counter, type Gpu, type N, type Raw, type ThrottleReason } from '../../api.ts';
import { flag, seconds } from '../quantity.ts';
import type { Leaves } from './leaves.ts';

/** nvidia-smi spells flags and counters of one reason differently; only five reasons have a counter. */
interface Spelling {
  readonly flag: string;
  readonly counter?: string;
}

const SPELLINGS: Readonly<Record<ThrottleReason, Spelling>> = {
  sw_power_cap: { flag: 'sw_power_cap', counter: 'sw_power_cap' },
  sw_thermal: { flag: 'sw_thermal_slowdown', counter: 'sw_therm_slowdown' },
  hw_slowdown: { flag: 'hw_slowdown' },
  hw_thermal: { flag: 'hw_thermal_slowdown', counter: 'hw_therm_slowdown' },
  hw_power_brake: { flag: 'hw_power_brake_slowdown', counter: 'hw_power_brake' },
  sync_boost: { flag: 'sync_boost', counter: 'sync_boost' },
  application_clocks: { flag: 'applications_clocks_setting' },
  idle: { flag: 'gpu_idle' },
  display: { flag: 'display_clocks_setting' },
};

/** "Throttle reasons" until 525, "event reasons" from 535. */
const active = ({ firstOf }: Leaves, name: string): B =>
  firstOf(
    [`clocks_event_reasons/clocks_event_reason_${name}`, `clocks_throttle_reasons/clocks_throttle_reason_${name}`],
    (text) => flag(text, 'Active', 'Not Active'),
  );

const elapsed = ({ read }: Leaves, name: string | undefined): N =>
  name === undefined
    ? absent('unsupported', 'nvidia-smi prints no time for this reason')
    : read(`clocks_event_reasons_counters/clocks_event_reasons_counters_${name}`, seconds);

export const throttle = (leaves: Leaves): Raw<Gpu>['throttle'] => {
  const reason = (name: ThrottleReason) => {
    const spelling = SPELLINGS[name];
    return { active: active(leaves, spelling.flag), seconds: counter(elapsed(leaves, spelling.counter)) };
  };
  return {
    sw_power_cap: reason('sw_power_cap'),
    sw_thermal: reason('sw_thermal'),
    hw_slowdown: reason('hw_slowdown'),
    hw_thermal: reason('hw_thermal'),
    hw_power_brake: reason('hw_power_brake'),
    sync_boost: reason('sync_boost'),
    application_clocks: reason('application_clocks'),
    idle: reason('idle'),
    display: reason('display'),
  };
};
