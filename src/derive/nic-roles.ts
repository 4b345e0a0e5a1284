import type { NicPort, NicRole, Profile, Rail } from '../api.ts';
import { type Card, cardOf, cardsOf, groupBy } from './nic-cards.ts';

/** What the role of a port is told from; both what a collector gives and the finished fact have it. */
export type SeenPort = Pick<NicPort, 'ref' | 'linkLayer' | 'state' | 'physicalState' | 'rateGbps' | 'boardId'>;

/** What the configuration says of devices: `match` is a device name, in which `*` stands for anything. */
export interface RoleOverride {
  readonly match: string;
  readonly role: NicRole;
}

interface Hints {
  readonly profile: Profile;
  readonly rails?: readonly Rail[];
  readonly overrides?: readonly RoleOverride[];
}

/**
 * What each port is for, by the key of its component. A port that is down keeps the role that it has when it is up:
 * roles follow from what does not change (topology, model, link layer, board, card), never from state alone.
 */
export const assignRoles = (
  ports: readonly SeenPort[],
  { profile, rails = [], overrides = [] }: Hints,
): ReadonlyMap<string, NicRole> => {
  const seen = ports.map((port) => withLikelyLayer(port, ports));
  const compute = new Set(computePorts(seen, rails, gpusOf(profile, rails)).map(({ ref }) => ref.key));
  return new Map(
    ports.map((port) => {
      const told = overrides.find(({ match }) => matches(match, port.ref.device ?? port.ref.key));
      return [port.ref.key, told?.role ?? (compute.has(port.ref.key) ? 'compute' : sideRole(port))];
    }),
  );
};

/** A port whose link layer could not be read is still one of the ports of its product, where those agree. */
const withLikelyLayer = (port: SeenPort, ports: readonly SeenPort[]): SeenPort => {
  if (port.linkLayer.ok || port.ref.model === undefined) return port;
  const alike = ports.filter((other) => other.ref.model === port.ref.model && other.linkLayer.ok);
  const layers = new Set(alike.map(({ linkLayer }) => linkLayer.ok && linkLayer.value));
  const first = alike[0];
  return layers.size === 1 && first !== undefined ? { ...port, linkLayer: first.linkLayer } : port;
};

const matches = (pattern: string, name: string): boolean => {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
};

const isUp = ({ state }: SeenPort): boolean => state.ok && state.value !== 'DOWN';

/** Ports that carry no job traffic: one without a link is not in use, and a fast one serves storage. */
const sideRole = (port: SeenPort): NicRole => {
  if (!port.state.ok) return 'unknown';
  if (!isUp(port)) return 'unused';
  if (!port.rateGbps.ok) return 'unknown';
  return port.rateGbps.value >= STORAGE_GBPS ? 'storage' : 'management';
};

/** Storage and in-band ports of GPU nodes run at 100 Gb/s and more (ConnectX-6 Dx, BlueField); management ports below. */
const STORAGE_GBPS = 100;

const gpusOf = (profile: Profile, rails: readonly Rail[]): number | undefined => {
  if (profile.gpu.count.ok) return profile.gpu.count.value;
  return rails.length > 0 ? new Set(rails.map(({ gpu }) => gpu.key)).size : undefined;
};

const computePorts = (
  ports: readonly SeenPort[],
  rails: readonly Rail[],
  gpus: number | undefined,
): readonly SeenPort[] => {
  const usable = withoutBridges(ports);
  const model = nearGpus(usable, rails, gpus) ?? byKind(usable, gpus);
  return inUse(withoutForeignBoards(model, gpus));
};

/**
 * HGX B200 and B300 boards show the ConnectX that manages their NVSwitches as several functions of one PCI device
 * (AWS p6: ibp198s0f0 and on). Real NICs have at most two; multi-plane NICs have more, but then each GPU has one.
 */
const withoutBridges = (ports: readonly SeenPort[]): readonly SeenPort[] => {
  const bridges = cardsOf(ports).filter(({ ports: functions }) => functions.length > 2);
  if (bridges.length > 2) return ports;
  const excluded = new Set(bridges.map(({ key }) => key));
  return ports.filter((port) => !excluded.has(cardOf(port)));
};

/**
 * By `nvidia-smi topo -m`: NICs below the PCIe switch of a GPU are there for that GPU. Virtual machines and Grace
 * systems show no such path, or a few stray ones; then the matrix says nothing. A GPU that the driver lost is not in
 * the matrix: its NIC is close to no other and still its own.
 */
const nearGpus = (
  ports: readonly SeenPort[],
  rails: readonly Rail[],
  expectedGpus: number | undefined,
): readonly SeenPort[] | undefined => {
  const close = rails.filter(({ path }) => path === 'PIX' || path === 'PXB');
  const gpus = new Set(rails.map(({ gpu }) => gpu.key)).size;
  if (new Set(close.map(({ gpu }) => gpu.key)).size * 2 < Math.max(1, gpus)) return undefined;
  const closeDevices = new Set(close.map(({ nic }) => nic.device));
  const listed = new Set(rails.map(({ nic }) => nic.device));
  const near = ports.filter(({ ref }) => closeDevices.has(ref.device));
  const kind = largest(kindsOf(near));
  const kindKey = kind?.[0] === undefined ? undefined : kindOf(kind[0]);
  return kindKey === undefined
    ? undefined
    : ports.filter(
        (port) =>
          kindOf(port) === kindKey &&
          (closeDevices.has(port.ref.device) || !listed.has(port.ref.device) || gpus < (expectedGpus ?? 0)),
      );
};

/** Without a topology: the InfiniBand ports, or as many Ethernet ports of one model as there are GPUs, at no lower rate. */
const byKind = (ports: readonly SeenPort[], gpus: number | undefined): readonly SeenPort[] => {
  const kinds = kindsOf(ports);
  const infiniband = largest(kinds.filter(([first]) => first !== undefined && isInfiniband(first)));
  const ethernet = largest(
    kinds.filter((kind) => kind[0] !== undefined && !isInfiniband(kind[0]) && isLikeGpus(kind.length, gpus)),
  );
  if (infiniband === undefined || ethernet === undefined) return infiniband ?? ethernet ?? [];
  return ethernet.length > infiniband.length && fastest(ethernet) >= fastest(infiniband) ? ethernet : infiniband;
};

/** One NIC a GPU, give or take a quarter that has failed, up to two. */
const isLikeGpus = (count: number, gpus: number | undefined): boolean =>
  gpus === undefined || gpus < 2 ? count >= 4 && count <= 16 : count >= Math.ceil(gpus * 0.75) && count <= gpus * 2;

/** A board id that fewer ports have is another product with the same chip; unless the majority alone is too few. */
const withoutForeignBoards = (ports: readonly SeenPort[], gpus: number | undefined): readonly SeenPort[] => {
  const boards = [...groupBy(ports, ({ boardId }) => (boardId.ok ? boardId.value : undefined)).values()];
  const own = largest(boards);
  return own !== undefined && gpus !== undefined && own.length >= gpus ? own : ports;
};

/**
 * Cards with two ports often have one in use: the unused one is down on every healthy node. How many a card uses is
 * what the best card shows, so that a lost link still counts.
 */
const inUse = (ports: readonly SeenPort[]): readonly SeenPort[] => {
  const cards = cardsOf(ports);
  const used = Math.max(1, ...cards.map(({ ports: own }) => own.filter(isUp).length));
  return cards.flatMap(({ ports: own }: Card<SeenPort>) =>
    [...own].sort((a, b) => Number(isUp(b)) - Number(isUp(a))).slice(0, used),
  );
};

const isInfiniband = ({ linkLayer }: SeenPort): boolean => linkLayer.ok && linkLayer.value === 'infiniband';
const kindOf = ({ ref, linkLayer }: SeenPort): string => `${ref.model} ${linkLayer.ok ? linkLayer.value : 'unknown'}`;
const kindsOf = (ports: readonly SeenPort[]): readonly (readonly SeenPort[])[] => [...groupBy(ports, kindOf).values()];

/** The rate of ports that are up; a port that is down prints 40 Gb/s whatever it can do. */
const fastest = (ports: readonly SeenPort[]): number =>
  Math.max(0, ...ports.map((port) => (isUp(port) && port.rateGbps.ok ? port.rateGbps.value : 0)));

/** The most numerous; of equals the fastest. */
const largest = (groups: readonly (readonly SeenPort[])[]): readonly SeenPort[] | undefined =>
  [...groups].filter(({ length }) => length > 0).sort((a, b) => b.length - a.length || fastest(b) - fastest(a))[0];
