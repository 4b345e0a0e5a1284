import { absent, type B, type CommandResult, type Driver, type Gpu, known, type Raw, type Reading } from '../../api.ts';
import { normalizePciBusId } from '../pci-address.ts';
import { describedDriver, refusedDriver } from './driver.ts';
import { corruptedInforoms, failureOf, type UnreachableGpu, unreachableGpus } from './errors.ts';
import { exitMeaning, INFOROM_CORRUPTED } from './exit-codes.ts';
import { readGpu } from './gpu.ts';
import { gpuComponent } from './identity.ts';
import { leavesOf } from './leaves.ts';
import { unreachable, unread } from './unlisted.ts';
import { readDocument, type SmiDocument } from './xml.ts';

export interface SmiAnswer {
  readonly gpus: Reading<readonly Raw<Gpu>[]>;
  readonly driver: Reading<Raw<Driver>>;
}

// More than any node holds: a corrupted `attached_gpus` must not make a million entries.
const MOST_GPUS = 64;

/** Who is the n-th GPU of NVML: its place in the order of PCI addresses, the unreachable ones included. */
const indices = (printed: readonly string[], unlisted: readonly UnreachableGpu[]): readonly (number | undefined)[] => {
  if (unlisted.length === 0) return printed.map((_, position) => position);
  const addresses = [...printed.map(normalizePciBusId), ...unlisted.map((gpu) => gpu.pciBusId)];
  if (addresses.includes(undefined)) return printed.map(() => undefined);
  const order = [...new Set(addresses)].sort();
  return printed.map((id) => order.indexOf(normalizePciBusId(id)));
};

const inforom = (pciBusId: string | undefined, named: ReadonlySet<string>, run: CommandResult, doc: SmiDocument): B => {
  if (pciBusId !== undefined && named.has(pciBusId)) return known(true);
  if (run.exitCode === INFOROM_CORRUPTED && named.size === 0) {
    return doc.gpus.length === 1
      ? known(true)
      : absent('failed', 'exit code 14: an infoROM is corrupted, none is named');
  }
  // The warning comes after the document.
  return doc.complete ? known(false) : absent('failed', 'output ended early, before the warnings');
};

/** An exit code that speaks of a fault which no GPU shows leaves the health of each open. */
const questioned = (gpus: readonly Raw<Gpu>[], exitCode: number): readonly Raw<Gpu>[] => {
  if (exitCode === 0 || exitCode === INFOROM_CORRUPTED) return gpus;
  if (gpus.some(({ health }) => !health.ok || health.value !== 'answering')) return gpus;
  const health = absent(
    'failed',
    `nvidia-smi ended with code ${exitCode} (${exitMeaning(exitCode).means}), naming no GPU`,
  );
  return gpus.map((gpu) => ({ ...gpu, health }));
};

const readDocumented = (document: SmiDocument, run: CommandResult): SmiAnswer => {
  const driver = describedDriver(document.root);
  const version = driver.version.ok ? driver.version.value : undefined;
  const said = `${document.outside}\n${run.stderr}`;
  const unlisted = unreachableGpus(said);
  const named = corruptedInforoms(said);

  const printed = document.gpus.map((element) => element.id);
  const index = indices(printed, unlisted);
  const listed = document.gpus.map((element, position): Raw<Gpu> => {
    const leaves = leavesOf(element, version);
    const ref = gpuComponent(leaves, position, index[position]);
    const gpu = readGpu(leaves, ref, inforom(ref.pciBusId, named, run, document));
    const line = unlisted.find((other) => other.pciBusId !== undefined && other.pciBusId === ref.pciBusId);
    const contradicted = line?.health !== undefined && gpu.health.ok && gpu.health.value === 'answering';
    return contradicted && line?.health ? { ...gpu, health: known(line.health) } : gpu;
  });
  const lost = unlisted
    .filter((gpu) => gpu.pciBusId === undefined || !listed.some(({ ref }) => ref.pciBusId === gpu.pciBusId))
    .map(unreachable);

  const attached = driver.attachedGpus.ok ? Math.min(driver.attachedGpus.value, MOST_GPUS) : 0;
  const cutOff = document.complete ? 0 : Math.max(0, attached - listed.length - lost.length);
  const rest = Array.from({ length: cutOff }, (_, after) => unread(listed.length + after));

  const gpus = questioned([...listed, ...lost, ...rest], run.exitCode);
  const none = absent('failed', document.complete ? 'the output lists no GPU' : 'output ended early, before any GPU');
  return { gpus: gpus.length === 0 ? none : known(gpus), driver: known(driver) };
};

/** What one run of `nvidia-smi -q -x` says, whatever it printed. */
export const readNvidiaSmi = (run: CommandResult): SmiAnswer => {
  const document = readDocument(run.stdout);
  if (document) return readDocumented(document, run);
  const why = failureOf(run);
  const lost = unreachableGpus(`${run.stdout}\n${run.stderr}`);
  const driver = refusedDriver(run, why);
  return {
    gpus: lost.length === 0 ? why : known(lost.map(unreachable)),
    // A lost GPU is no lost driver.
    driver: driver === undefined ? absent(why.reason === 'lost' ? 'failed' : why.reason, why.detail) : known(driver),
  };
};
