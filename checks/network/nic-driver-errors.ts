import {
  type Component,
  defineCheck,
  type Fact,
  type Judgement,
  type KernelEvent,
  type NicPort,
  type Rule,
} from '../../src/api.ts';
import { groupBy } from '../shared/groups.ts';
import { type Assessed, bounded, dividedByLifetime, iso, passesOf } from '../shared/kernel-errors.ts';
import { nameOf } from '../shared/names.ts';
import { drain, event, stay } from '../shared/rules.ts';

type Code =
  | 'command-timeout'
  | 'health-compromised'
  | 'unrecoverable-error'
  | 'insufficient-power'
  | 'module-too-hot'
  | 'cable-unplugged'
  | 'transmit-timeout'
  | 'untrusted';

const A_DAY = { clearedAfterSeconds: 86_400 };
const A_REBOOT = { clearedBy: 'reboot' } as const;

const rules = {
  'command-timeout': event('CRITICAL', 'NIC firmware does not answer its driver', drain('reboot'), A_REBOOT),
  'health-compromised': event('CRITICAL', 'NIC lost its heartbeat', drain('reboot'), A_REBOOT),
  'unrecoverable-error': event('CRITICAL', 'NIC reports an unrecoverable hardware error', drain('service'), A_REBOOT),
  'transmit-timeout': event('WARNING', 'Transmit queue of a NIC hung', stay('watch'), A_DAY),
  'module-too-hot': event('WARNING', 'Transceiver reported a high temperature', stay('service'), A_DAY),
  'cable-unplugged': event('INFO', 'Cable of a NIC was unplugged', stay('none'), A_DAY),
  'insufficient-power': event('INFO', 'Slot of a NIC states too little power', stay('none'), A_REBOOT),
  untrusted: event('INFO', 'Error of a NIC not written by the kernel', stay('none'), A_DAY),
} as const satisfies Record<Code, Rule>;

/** By the name that src/parse/kernel-log/mlx5.ts gives what the driver says. */
const MEANING: Readonly<Record<string, { readonly code: Code; readonly says: string }>> = {
  'command-timeout': { code: 'command-timeout', says: 'a command to the firmware was never answered' },
  'health-compromised': { code: 'health-compromised', says: 'the firmware stopped counting its heartbeat' },
  'unrecoverable-error': { code: 'unrecoverable-error', says: 'the hardware failed in a way it cannot recover from' },
  'transmit-timeout': { code: 'transmit-timeout', says: 'packets waited in a transmit queue until the kernel gave up' },
  'high-temperature': { code: 'module-too-hot', says: 'the transceiver passed its temperature limit' },
  'cable-unplugged': { code: 'cable-unplugged', says: 'the cable or transceiver was taken out' },
  'insufficient-power': { code: 'insufficient-power', says: 'the slot states less power than the card may need' },
};

export default defineCheck({
  apiVersion: 1,
  id: 'network/nic-driver-errors',
  title: 'The driver of a NIC reports errors',
  why: 'A NIC whose firmware hangs keeps its link and its counters while every transfer over it fails; only the driver says so.',
  source:
    'Linux, drivers/net/ethernet/mellanox/mlx5/core (cmd.c, health.c, events.c); NVIDIA NVSentinel syslog-health-monitor, SysLogsNICDriverError: command time-out, lost heartbeat and unrecoverable error are fatal, the others are not; refused ACCESS_REG commands are normal on restricted functions and are left out',
  remedy:
    'Read `dmesg -T | grep mlx5_core` around the time. Firmware that does not answer: `mstfwreset -d BUSID reset`, else a power cycle; collect `mstdump BUSID` first. Where it returns: update the firmware, then replace the card.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['kernelLog'],
  uses: ['nics'],
  kernelEvents: ['mlx5'],
  rules,
  judge: ({ kernelLog, nics }, { node, now, bootedAt }): readonly Judgement<Code>[] => {
    const assessed = kernelLog.events.filter(({ kind }) => kind === 'mlx5').flatMap((one) => assess(one, nics));
    const { open, over: passed } = dividedByLifetime(assessed, rules, { now, bootedAt });
    const findings = [...groupBy(open, (one) => `${one.code}|${accused(one).key}`).values()].map(findingOf);
    const over = passed.map((event) => ({ ...event, component: portOf(event, nics)?.ref ?? event.component }));
    const codes = Object.keys(rules) as readonly Code[];
    return [...findings, ...passesOf({ log: kernelLog, parts: nics, node, codes, findings, over, now })];
  },
});

const assess = (event: KernelEvent, nics: Fact<readonly NicPort[]>): readonly Assessed<Code>[] => {
  const meaning = MEANING[event.fields.event ?? ''];
  if (meaning === undefined) return [];
  const port = portOf(event, nics);
  // A port without a cable says so at every start.
  if (meaning.code === 'cable-unplugged' && port?.role === 'unused') return [];
  const about = port === undefined ? {} : { about: port.ref };
  if (!event.fromKernel) return [{ event, ...about, code: 'untrusted', override: {} }];
  return [{ event, ...about, code: meaning.code, override: overrideOf(meaning.code, port) }];
};

const accused = ({ event, about }: Assessed<Code>): Component => about ?? event.component;

/** The kernel names the PCI function, or only its interface. */
const portOf = ({ component, fields }: KernelEvent, nics: Fact<readonly NicPort[]>): NicPort | undefined => {
  if (!nics.ok) return undefined;
  return nics.value.find(({ ref, netdev }) =>
    component.pciBusId === undefined
      ? fields.netdev !== undefined && netdev.ok && netdev.value === fields.netdev
      : ref.pciBusId === component.pciBusId,
  );
};

/** A NIC that nothing uses keeps no job away. */
const overrideOf = (code: Code, port: NicPort | undefined): Assessed<Code>['override'] =>
  rules[code].severity === 'CRITICAL' && (port?.role === 'unused' || port?.role === 'management')
    ? { severity: 'WARNING', action: stay('service') }
    : {};

const findingOf = (group: readonly Assessed<Code>[]): Judgement<Code> => {
  const latest = group.reduce((one, other) => (other.event.at > one.event.at ? other : one));
  const { event, code, override } = latest;
  const component = accused(latest);
  // Under the name by which the kernel told it: who acknowledges the finding lays that to rest.
  const told = new Map(group.map((one) => [one.event.component.key, one.event.component]));
  told.delete(component.key);
  const count = group.reduce((sum, one) => sum + one.event.repeats, 0);
  const says = MEANING[event.fields.event ?? '']?.says ?? '';
  const watts = event.fields.watts === undefined ? '' : ` (${event.fields.watts} W)`;
  const origin = event.fromKernel
    ? ''
    : '; not written by the kernel: any user who may write to /dev/kmsg can forge it';
  return {
    finding: {
      component,
      code,
      ...(told.size === 0 ? {} : { related: [...told.values()] }),
      message: `The driver of ${nameOf(component)} said ${count === 1 ? 'once' : `${count} times`}, last at ${iso(event.at)}: ${says}${watts}${origin}`,
      observed: `${count}`,
      expected: '0',
      evidence: {
        count,
        first_at: iso(Math.min(...group.map((one) => one.event.firstAt))),
        text: bounded(event.text),
      },
      at: event.at,
      firstAt: Math.min(...group.map((one) => one.event.firstAt)),
      override,
    },
  };
};
