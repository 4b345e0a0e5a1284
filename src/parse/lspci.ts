import { absent, type B, type CommandResult, known, type PciBridge, type Reading, type S } from '../api.ts';
import { firstLine } from './first-line.ts';
import { normalizePciBusId } from './pci-address.ts';
import { hex } from './quantity.ts';

/** A bridge with the buses below it. */
export interface Bridge extends Omit<PciBridge, 'below'> {
  readonly secondaryBus: number;
  readonly subordinateBus: number;
}

const ADDRESS = /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) /i;
const BUS = /^\s*Bus: primary=([0-9a-f]{2}), secondary=([0-9a-f]{2}), subordinate=([0-9a-f]{2})\b/m;
const DENIED = /^\s*Capabilities: <access denied>/m;
const PORT_TYPE =
  /^\s*Capabilities: \[[0-9a-f]+\] Express(?: \(v\d+\))? ((?:Root|Upstream|Downstream) Port|[^,(]{1,60})/m;
/** Above the first 256 bytes: with a version, unlike those below. */
const EXTENDED = /^\s*Capabilities: \[[0-9a-f]+ v\d+\]/m;
const ACS = /^\s*Capabilities: \[[0-9a-f]+ v\d+\] Access Control Services/m;
const CONTROLS = /^\s*ACSCtl:\s*([A-Za-z+\- \t]{1,200})$/m;
const REDIRECTS = /\b(?:ReqRedir|CmpltRedir)\+/;

// Without CAP_SYS_ADMIN the kernel shows the first 64 bytes of the configuration space (drivers/pci/pci-sysfs.c).
const denied = absent('denied', 'lspci: Capabilities: <access denied>; reading them takes CAP_SYS_ADMIN');

const acsOf = (block: string): { readonly redirects: B; readonly controls: S } => {
  if (DENIED.test(block)) return { redirects: denied, controls: denied };
  const controls = CONTROLS.exec(block)?.[1]?.trim();
  if (controls !== undefined) return { redirects: known(REDIRECTS.test(controls)), controls: known(controls) };
  if (ACS.test(block)) {
    const cut = absent('failed', 'lspci names the Access Control Services and not how they are set');
    return { redirects: cut, controls: cut };
  }
  if (!EXTENDED.test(block)) {
    const unseen = absent('failed', 'lspci shows no extended capabilities of the bridge');
    return { redirects: unseen, controls: unseen };
  }
  return { redirects: known(false), controls: absent('unsupported', 'the bridge has no Access Control Services') };
};

const bridgeOf = (block: string): readonly Reading<Bridge>[] => {
  const address = normalizePciBusId(ADDRESS.exec(block)?.[1] ?? '');
  if (address === undefined) return [];
  const [, , secondary = '', subordinate = ''] = BUS.exec(block) ?? [];
  const [secondaryBus, subordinateBus] = [hex(secondary), hex(subordinate)];
  // One that fell off the bus has no header to read.
  if (!secondaryBus.ok || !subordinateBus.ok)
    return [absent('failed', `lspci does not show which buses are below the bridge ${address}`)];
  const portType = PORT_TYPE.exec(block)?.[1]?.trim();
  const noType = DENIED.test(block) ? denied : absent('unsupported', 'the bridge is no PCI Express port');
  return [
    known({
      address,
      secondaryBus: secondaryBus.value,
      subordinateBus: subordinateBus.value,
      portType: portType === undefined ? noType : known(portType),
      ...acsOf(block),
    }),
  ];
};

/** The bridges that `lspci -vv` describes; absent where it shows one that it could not read. */
export const readBridges = ({ exitCode, stdout, stderr }: CommandResult): Reading<readonly Bridge[]> => {
  const bridges = stdout.split(/\n\s*\n/).flatMap(bridgeOf);
  const unread = bridges.find((bridge) => !bridge.ok);
  if (unread?.ok === false) return unread;
  if (bridges.length > 0) return known(bridges.flatMap((bridge) => (bridge.ok ? [bridge.value] : [])));
  if (exitCode === 0 && stdout.trim() === '') return absent('no-device', 'lspci shows no PCI bridge');
  const complaint = firstLine(stderr) ?? firstLine(stdout) ?? 'no output';
  return absent('failed', `lspci exited with ${exitCode}: ${complaint}`);
};

/** Those of the addresses (as the kernel names them) that are on a bus below the bridge. */
export const devicesBelow = (
  { address, secondaryBus, subordinateBus }: Bridge,
  addresses: readonly string[],
): readonly string[] =>
  addresses.flatMap((name) => {
    const normal = normalizePciBusId(name);
    const [domain, bus = ''] = normal?.split(':') ?? [];
    const number = hex(bus);
    if (normal === undefined || domain !== address.split(':', 1)[0] || !number.ok) return [];
    return number.value >= secondaryBus && number.value <= subordinateBus ? [normal] : [];
  });
