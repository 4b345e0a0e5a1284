import { defineCheck, type Gpu } from '../../src/api.ts';

const productsOf = (gpus: readonly Gpu[]): string =>
  [...new Set(gpus.map(({ product }) => (product.ok ? product.value : 'a GPU without name')))].join(', ');

export default defineCheck({
  apiVersion: 1,
  id: 'host/unknown-machine',
  title: 'Unknown machine',
  why: 'Without a machine profile nobody can say how many GPUs and NICs should be here, so what is missing goes unseen; with the wrong one, every expectation is wrong.',
  source: 'PCI device ids and product names of the GPUs against the machine profiles',
  remedy:
    'Name the machine with --machine or `machine:` in muster.yaml. Where the name is right, look for swapped or missing boards: nvidia-smi -L, lspci -d 10de:.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['profile'],
  uses: ['gpus'],
  rules: {
    'unknown-machine': {
      title: 'No machine profile matches',
      severity: 'INFO',
      action: { drain: false, then: 'none' },
      lifetime: 'condition',
    },
    'wrong-machine': {
      title: 'Not the configured machine',
      severity: 'CRITICAL',
      action: { drain: true, then: 'service' },
      lifetime: 'condition',
    },
  },
  judge({ profile, gpus }, { node }) {
    if (profile.conflict !== undefined) {
      return [
        {
          finding: {
            component: node,
            code: 'wrong-machine',
            message: `${profile.conflict.charAt(0).toUpperCase()}${profile.conflict.slice(1)}`,
            ...(gpus.ok ? { observed: productsOf(gpus.value) } : {}),
            expected: profile.id,
          },
        },
      ];
    }
    if (profile.known) return [{ pass: node }];
    // What cannot be seen cannot be recognised: gpu/driver-unresponsive says why the GPUs do not answer.
    if (!gpus.ok) return [{ unjudged: node, code: 'unknown-machine', because: gpus }];
    return [
      {
        finding: {
          component: node,
          code: 'unknown-machine',
          message:
            'No machine profile matches this node, so nothing is expected of it as a whole; name one with --machine',
          observed: profile.title,
          expected: 'one of the machine profiles',
        },
      },
    ];
  },
});
