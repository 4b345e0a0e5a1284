import { absent, defineCheck, type Fact, type Gpu, type Profile, type Reading } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { expectedOfGpu } from '../shared/expectation.ts';
import { isGuest, overrideOf, shortfallOf } from '../shared/pcie-link.ts';
import { knownOf, together } from '../shared/readings.ts';
import { condition, drain, stay } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/pcie-degraded',
  title: 'PCIe link of a GPU is degraded',
  why: 'A link with half its lanes halves the speed of data loading and of network traffic to the GPU; nothing else reports it.',
  source:
    'nvidia-smi manual, pcie.link; NVIDIA NVSentinel issue 890 (silent down-training); captures of virtual machines with x8 of x16',
  remedy:
    'Compare `nvidia-smi --query-gpu=index,pcie.link.width.current,pcie.link.width.max,pcie.link.gen.max --format=csv` ' +
    'and `lspci -vvs BUSID | grep -E "LnkCap|LnkSta"`; reboot; reseat the board, riser or cable.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  uses: ['profile'],
  rules: {
    'width-reduced': condition('CRITICAL', 'PCIe link lost lanes', drain('service')),
    'generation-low': condition(
      'WARNING',
      'PCIe link runs below its generation under load',
      stay('service'),
      'only under load: the generation drops at idle',
    ),
    'max-generation-low': condition('WARNING', 'PCIe link can do less than its siblings', stay('service')),
  },
  // A link retrains for an instant when the performance state changes.
  raise: { hits: 2, of: 3, clear: 2 },
  judge: ({ gpus, profile }) =>
    gpus.flatMap((gpu) => {
      const { ref, pcie } = gpu;
      return [
        about(ref, 'width-reduced', together({ width: pcie.width, max: pcie.maxWidth }), ({ width, max }, name) => {
          const short = shortfallOf(width, {
            part: 'GPU',
            siblings: knownOf(siblingsOf(gpu, gpus).map((sibling) => sibling.pcie.width)),
            withMore: 'with more lanes',
            said: expectedOfGpu(profile, ref, 'pcieWidth'),
            max,
            inGuest: isGuest(gpu),
          });
          if (short === undefined) return undefined;
          return {
            message: `The PCIe link of ${name} is x${width}; x${short.expected} is expected (${short.because})`,
            observed: `x${width}`,
            expected: `x${short.expected}`,
            evidence: { width, max_width: max },
            override: overrideOf(short.severity),
          };
        }),
        about(ref, 'generation-low', underLoad(gpu), ({ generation, max }, name) =>
          generation < max
            ? {
                message: `The PCIe link of ${name} runs at generation ${generation} under load; it can do ${max}`,
                observed: `generation ${generation}`,
                expected: `generation ${max}`,
              }
            : undefined,
        ),
        about(ref, 'max-generation-low', pcie.maxGeneration, (max, name) => {
          const expected = expectedGeneration(gpu, gpus, profile);
          return max < expected.generation
            ? {
                message: `The PCIe link of ${name} can do generation ${max} only; ${expected.generation} is expected (${expected.because})`,
                observed: `generation ${max}`,
                expected: `generation ${expected.generation}`,
              }
            : undefined;
        }),
      ];
    }),
});

/** The generation counts where it is at its highest, or where work keeps the link awake. */
const underLoad = ({ pcie, busy, utilizationRatio }: Gpu): Reading<{ generation: number; max: number }> => {
  const link = together({ generation: pcie.generation, max: pcie.maxGeneration });
  if (!link.ok || link.value.generation >= link.value.max) return link;
  const work = together({ busy, utilization: utilizationRatio.latest });
  if (!work.ok) return work;
  // A process that only holds memory does not keep the link awake.
  if (work.value.busy && work.value.utilization > 0) return link;
  return absent('no-history', 'the GPU is idle, and an idle link drops its generation');
};

const expectedGeneration = (
  gpu: Gpu,
  gpus: readonly Gpu[],
  profile: Fact<Profile>,
): { readonly generation: number; readonly because: string } => {
  const siblings = knownOf(siblingsOf(gpu, gpus).map((sibling) => sibling.pcie.maxGeneration));
  const best = Math.max(0, ...siblings);
  const said = expectedOfGpu(profile, gpu.ref, 'pcieGeneration');
  if (!isGuest(gpu) && said.ok && said.confidence !== 'assumed' && said.value > best)
    return { generation: said.value, because: said.source };
  return { generation: best, because: 'a sibling can do it' };
};
