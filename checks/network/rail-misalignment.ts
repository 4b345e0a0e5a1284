import { absent, type Component, defineCheck, type Judgement, type NicPort, type Rail } from '../../src/api.ts';
import { groupBy, majorityOf } from '../shared/groups.ts';
import { nameOf } from '../shared/names.ts';
import { computePorts, silentPorts } from '../shared/ports.ts';
import { condition, stay } from '../shared/rules.ts';

type Code = 'no-close-nic' | 'shared-nic';

/** Paths that stay below one PCIe root port, best first (`nvidia-smi topo -m`, legend). */
const CLOSE = ['PIX', 'PXB'] as const;

export default defineCheck({
  apiVersion: 1,
  id: 'network/rail-misalignment',
  title: 'A GPU without a NIC of its own nearby',
  why: 'GPUDirect RDMA between a GPU and a NIC behind another root port crosses the CPU, and loses up to half the bandwidth of that rail.',
  source: 'nvidia-smi topo -m, legend of the path types; NCCL documentation, NCCL_NET_GDR_LEVEL',
  remedy:
    'Compare `nvidia-smi topo -m` with a healthy node of the same kind: a NIC in the wrong slot, a disabled PCIe switch port, or a virtual machine whose topology file is wrong (`NCCL_TOPO_FILE`).',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['rails', 'nics'],
  rules: {
    'no-close-nic': condition('WARNING', 'No compute NIC below the same PCIe switch', stay('service')),
    'shared-nic': condition('WARNING', 'More GPUs share a compute NIC than elsewhere', stay('service')),
  },
  judge: ({ rails, nics }, { node }) => {
    const compute = new Set(computePorts(nics).map(({ ref }) => ref.device));
    const silent = silentPorts(nics).find(({ ref }) => isCloseTo(rails, ref.device));
    // Whose NIC it is cannot be told of one that does not answer, nor whether the others have to share.
    if (silent !== undefined && !silent.state.ok) return [{ unjudged: node, because: silent.state }];
    const gpus = [...groupBy(rails, ({ gpu }) => gpu.key).values()].map((paths) => closestOf(paths, compute));
    const aligned = gpus.filter(({ nics: close }) => close.length > 0).length;
    // Grace systems and most virtual machines show SYS or NODE everywhere: the matrix then says nothing.
    if (aligned * 2 <= gpus.length) {
      const because = absent('unsupported', `${aligned} of ${gpus.length} GPUs share a PCIe switch with a compute NIC`);
      return [{ unjudged: node, because }];
    }
    const loads = gpus.flatMap((gpu) => (gpu.nics.length === 0 ? [] : [gpusPerNic(gpu, gpus)]));
    // Of a tie the better: some GPUs show how it can be.
    const usualLoad = majorityOf(loads) ?? (loads.length === 0 ? undefined : Math.min(...loads));
    return gpus.flatMap((gpu) => judgeGpu(gpu, gpus, aligned, usualLoad));
  },
});

const isCloseTo = (rails: readonly Rail[], device: NicPort['ref']['device']): boolean =>
  rails.some(({ nic, path }) => nic.device === device && CLOSE.some((kind) => kind === path));

interface Closest {
  readonly ref: Component;
  readonly path: string;
  readonly nics: readonly string[];
}

const closestOf = (paths: readonly Rail[], compute: ReadonlySet<NicPort['ref']['device']>): Closest => {
  const usable = paths.filter(({ nic }) => compute.has(nic.device));
  const path = CLOSE.find((kind) => usable.some((rail) => rail.path === kind));
  const ref = paths[0]?.gpu ?? { kind: 'gpu', key: 'gpu:unknown' };
  if (path === undefined) return { ref, path: usable[0]?.path ?? 'none', nics: [] };
  return { ref, path, nics: usable.filter((rail) => rail.path === path).map(({ nic }) => nic.device ?? nic.key) };
};

/** A DGX A100 has two GPUs and two NICs below each switch: the ratio tells sharing from pairing. */
const gpusPerNic = (one: Closest, all: readonly Closest[]): number =>
  all.filter(({ nics }) => nics.some((nic) => one.nics.includes(nic))).length / one.nics.length;

const judgeGpu = (
  gpu: Closest,
  all: readonly Closest[],
  aligned: number,
  usualLoad: number | undefined,
): readonly Judgement<Code>[] => {
  const { ref, path, nics } = gpu;
  if (nics.length === 0) {
    return [
      {
        finding: {
          component: ref,
          code: 'no-close-nic',
          message: `${nameOf(ref)} reaches its nearest compute NIC over ${path}; ${aligned} of ${all.length} GPUs have one below their PCIe switch`,
          observed: path,
          expected: 'PIX or PXB',
          evidence: { gpus_aligned: aligned, gpus: all.length },
        },
      },
    ];
  }
  const pass = { pass: ref, code: 'no-close-nic' } as const;
  if (usualLoad === undefined) return [pass];
  const load = gpusPerNic(gpu, all);
  if (load <= usualLoad) return [pass, { pass: ref, code: 'shared-nic' }];
  const sharing = all.filter((other) => other !== gpu && other.nics.some((nic) => nics.includes(nic)));
  return [
    pass,
    {
      finding: {
        component: ref,
        related: sharing.map((other) => other.ref),
        code: 'shared-nic',
        message: `${nameOf(ref)} shares ${nics.join(', ')} with ${sharing.map((other) => nameOf(other.ref)).join(', ')}; the other GPUs share less`,
        observed: `${load} GPUs a NIC`,
        expected: `${usualLoad}`,
        evidence: { nics: nics.join(' '), path },
      },
    },
  ];
};
