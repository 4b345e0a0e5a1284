import { type Component, type Fact, type Judgement, known, type NicPort, type Rail } from '../../../src/api.ts';
import { about, type Details } from '../about.ts';
import { groupBy } from '../groups.ts';
import { nameOf } from '../names.ts';
import { computePorts, silentPorts } from '../ports.ts';
import { UNKNOWN_SLOWDOWN } from '../slowdown.ts';

/** Paths that stay below one PCIe root port (`nvidia-smi topo -m`, legend). */
const CLOSE: readonly string[] = ['PIX', 'PXB'];

/**
 * A GPU whose traffic crosses the CPU while that of its siblings does not. Where most GPUs have no NIC nearby (Grace
 * systems, virtual machines) the matrix tells nothing of rails.
 */
export const railRisks = (
  rails: Fact<readonly Rail[]>,
  nics: Fact<readonly NicPort[]>,
  node: Component,
): readonly Judgement<'wrong-rail'>[] => {
  const code = 'wrong-rail';
  if (!rails.ok) return [{ unjudged: node, code, because: rails }];
  if (!nics.ok) return [{ unjudged: node, code, because: nics }];
  // Whose NIC it is cannot be told of one that does not answer.
  const silent = silentPorts(nics.value).find(({ ref }) =>
    rails.value.some(({ nic, path }) => nic.device === ref.device && CLOSE.includes(path)),
  );
  if (silent !== undefined && !silent.state.ok) return [{ unjudged: node, code, because: silent.state }];
  const compute = new Set(computePorts(nics.value).map(({ ref }) => ref.device));
  const gpus = [...groupBy(rails.value, ({ gpu }) => gpu.key).values()].map((all) =>
    all.filter(({ nic }) => compute.has(nic.device)),
  );
  const aligned = gpus.filter(hasClose).length;
  if (aligned * 2 <= gpus.length) return [];
  return gpus.flatMap((paths) => {
    const first = paths[0];
    if (first === undefined) return [];
    return [
      about(first.gpu, code, known(paths), (): Details | undefined =>
        hasClose(paths)
          ? undefined
          : {
              message: `${nameOf(first.gpu)} reaches its nearest compute NIC over ${first.path}; ${aligned} of ${gpus.length} GPUs have one below their PCIe switch`,
              observed: first.path,
              expected: 'PIX or PXB',
              evidence: { cause: 'link_degraded', slowdown: UNKNOWN_SLOWDOWN },
            },
      ),
    ];
  });
};

const hasClose = (paths: readonly Rail[]): boolean => paths.some(({ path }) => CLOSE.includes(path));
