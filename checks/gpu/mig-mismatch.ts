import { absent, type B, defineCheck, type Gpu, type Judgement, known, type S } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { judgeDrift } from '../shared/drift.ts';
import { together } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';

const wordOf = (enabled: boolean): string => (enabled ? 'Enabled' : 'Disabled');
const asWord = (mode: B): S => (mode.ok ? known(wordOf(mode.value)) : mode);

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/mig-mismatch',
  title: 'MIG mode differs',
  why: 'A job that gets a GPU in MIG mode instead of a whole one has a fraction of its memory and no NVLink, and does not start with the others.',
  source: 'NVIDIA MIG user guide (enabling takes a GPU reset); nvidia-smi manual, mig_mode',
  remedy:
    'Compare `nvidia-smi --query-gpu=index,mig.mode.current,mig.mode.pending --format=csv`; set it with `nvidia-smi -i INDEX ' +
    '-mig 0` (or 1), and reset the GPU (`nvidia-smi --gpu-reset -i INDEX`) when its jobs are gone.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    expected_mig_mode: {
      default: '',
      source: 'empty: what most GPUs of the product have',
      help: 'The mode that every GPU should have: enabled or disabled.',
    },
    mixed_mig_modes: {
      default: false,
      source: 'NVIDIA GPU Operator, MIG strategy "mixed": a site may partition some GPUs of a node on purpose',
      help: 'Some GPUs of a node may be in MIG mode while others are not.',
    },
  },
  rules: {
    differs: condition(
      'WARNING',
      'MIG mode differs among the GPUs of the node',
      stay('reset_gpu'),
      'where the configuration neither names a mode nor allows several',
    ),
    pending: condition('WARNING', 'A change of the MIG mode waits for a reset', stay('reset_gpu')),
    unexpected: condition(
      'WARNING',
      'MIG mode is not the one of the configuration',
      stay('reset_gpu'),
      'where the configuration names one',
    ),
  },
  judge: ({ gpus }, { node, options }): readonly Judgement<'differs' | 'pending' | 'unexpected'>[] => {
    const wanted = options.expected_mig_mode.trim().toLowerCase();

    const pending = ({ ref, migEnabled, migPending }: Gpu) =>
      about(
        ref,
        'pending',
        together({ now: migEnabled, next: migPending }),
        ({ now, next }, name) =>
          now === next
            ? undefined
            : {
                message: `MIG mode of ${name} is ${wordOf(now)}, and will be ${wordOf(next)} after its next reset`,
                observed: wordOf(now),
                expected: wordOf(next),
              },
        // What prints the one mode prints the other.
        { expected: migEnabled.ok },
      );

    const unexpected = ({ ref, migEnabled }: Gpu) => {
      const isMode = wanted === 'enabled' || wanted === 'disabled';
      const mode = isMode
        ? migEnabled
        : absent('failed', `expected_mig_mode is "${wanted}"; it may be enabled or disabled`);
      return about(ref, 'unexpected', mode, (isOn, name) =>
        isOn === (wanted === 'enabled')
          ? undefined
          : {
              message: `MIG mode of ${name} is ${wordOf(isOn)}; the configuration expects ${wanted}`,
              observed: wordOf(isOn),
              expected: wordOf(!isOn),
            },
      );
    };

    // The inventory names a GPU in MIG mode as a model of its own; here it is the product that must agree.
    const among = () =>
      judgeDrift(
        gpus.map(({ ref, product, migEnabled }) => ({
          ref,
          group: product.ok ? product.value : '',
          version: asWord(migEnabled),
        })),
        { code: 'differs', what: 'MIG mode', node },
      );

    return [
      ...gpus.map(pending),
      ...(wanted === '' ? [{ unjudged: node, code: 'unexpected', because: NOT_ASKED } as const] : gpus.map(unexpected)),
      ...(wanted === '' && !options.mixed_mig_modes
        ? among()
        : [{ unjudged: node, code: 'differs', because: NOT_COMPARED } as const]),
    ];
  },
});

const NOT_ASKED = absent('unsupported', 'the configuration names no MIG mode');
const NOT_COMPARED = absent('unsupported', 'the configuration names the MIG mode, or allows several');
