import type { Snapshot } from '../../engine/snapshot.ts';
import { builtInMachines, type SiteProfile } from '../../knowledge/profiles/index.ts';
import { printable } from '../../report/printable.ts';
import type { Warn } from './entry.ts';
import { gpuEntries, isGuest, mainProduct } from './gpus.ts';
import { hostEntries, platformEntries, versionEntries } from './host.ts';
import { nicEntries } from './nics.ts';
import { comment, lines, list, offered, section } from './yaml.ts';

/** A profile as a file, and what somebody should know before trusting it. */
export interface Captured {
  readonly id: string;
  readonly text: string;
  readonly warnings: readonly string[];
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** The built-in profile that supplies what was not captured: the one in force, or what that one builds upon. */
const baseOf = ({ profile }: Snapshot, site: readonly SiteProfile[]): string | undefined => {
  const own = site.find(({ id }) => id === profile.id);
  const base = own === undefined ? profile.id : own.extends;
  return builtInMachines.some(({ id }) => id === base) ? base : undefined;
};

/** What the verdict of the moment says against the machine. */
const ailmentsOf = ({ checks }: Snapshot): readonly string[] =>
  checks
    .filter(({ mode }) => mode === 'enforce')
    .flatMap(({ id, findings, besides, reason }) => [
      ...findings
        .filter(({ severity }) => severity !== 'INFO')
        .map(({ severity, code, message }) => `${severity} ${id} ${code}: ${message}`),
      ...(besides === 'UNKNOWN' ? [`UNKNOWN ${id}${reason === undefined ? '' : `: ${reason}`}`] : []),
    ]);

const systemLines = ({ facts }: Snapshot): readonly string[] => {
  const { system, gpus } = facts;
  if (gpus?.ok === true && gpus.value.some(isGuest)) return [comment('system: left out: a hypervisor is between')];
  if (system?.ok !== true || !system.value.vendor.ok || !system.value.product.ok)
    return [comment('system: the firmware names no vendor and product')];
  const { vendor, product } = system.value;
  return [
    comment('only machines whose firmware says the same; without it all that have these GPUs'),
    `system: { vendor: ${JSON.stringify(vendor.value)}, products: [${JSON.stringify(product.value)}] }`,
  ];
};

/** The profile of a machine as it is now. */
export const profileText = (
  snapshot: Snapshot,
  o: { readonly id?: string; readonly version: string; readonly siteProfiles: readonly SiteProfile[] },
): Captured => {
  const { facts, profile, node } = snapshot;
  const warnings: string[] = [];
  const warn: Warn = (text) => warnings.push(text);
  const at = new Date(snapshot.at).toISOString();
  const from = { source: `captured on ${node.name}, ${at.slice(0, 10)}` };
  const base = baseOf(snapshot, o.siteProfiles);
  const product = facts.gpus?.ok === true ? mainProduct(facts.gpus.value) : undefined;
  const id = o.id ?? `${base ?? slug(product ?? 'machine')}-captured`;

  const gpus = gpuEntries(facts, profile, warn);
  const nics = nicEntries(facts, profile, warn);
  const host = hostEntries(facts, profile, warn);
  const ailments = ailmentsOf(snapshot);

  const text = [
    comment(`Machine profile, captured by muster ${o.version} on ${node.name}, ${at}.`),
    ...(node.mock === undefined
      ? []
      : [comment(`A SIMULATED machine (${node.mock}): it says nothing about real hardware.`)]),
    comment('For /etc/muster/profiles/. What should not be expected is a line to delete; see docs/profiles.md.'),
    comment(`It is taken for every machine that it describes; \`machine: ${id}\` in muster.yaml insists on it.`),
    ...(ailments.length === 0
      ? []
      : [
          '#',
          comment('NOT WELL when it was captured. Mend this and capture again:'),
          ...ailments.map((one) => `#   ${printable(one)}`),
        ]),
    `id: ${id}`,
    ...(base === undefined ? [] : [comment('what is not said here is taken from there'), `extends: ${base}`]),
    ...(product === undefined
      ? [comment('products: no GPU says what it is')]
      : [`products: [${JSON.stringify(product)}]`]),
    ...systemLines(snapshot),
    ...section('gpu', gpus, from),
    ...(facts.nics?.ok === true
      ? list(
          'nics',
          nics.map(({ role, entries }) => ({ head: `role: ${role}`, entries })),
          from,
        )
      : [comment(`nics: not read: ${facts.nics?.detail ?? 'nothing was asked'}`)]),
    ...lines(platformEntries(facts), '', from),
    ...section('host', host, from),
    comment('Versions, for who wants to pin them: any other one is then a finding.'),
    ...offered('pins', versionEntries(facts)),
  ];
  return { id, text: `${text.join('\n')}\n`, warnings: [...ailments, ...warnings] };
};
