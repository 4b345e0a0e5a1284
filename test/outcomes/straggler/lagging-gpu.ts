import {
  absent,
  defineCollector,
  type GpuMinute,
  type JobVerdict,
  known,
  type Reading,
  type StragglerWatch,
} from '../../../src/api.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { healthyMinutes, jobVerdict, stragglerOf } from '../../support/snapshot.ts';

interface Watched {
  readonly minutes?: Reading<readonly GpuMinute[]>;
  readonly jobs?: readonly JobVerdict[];
  /** GPUs that were compared with peers; all without it. */
  readonly compared?: (index: number) => boolean;
}

/**
 * A node on which the detector has said this: its verdict comes of a quarter of an hour of samples, whose text has tests of
 * its own (test/agent/straggler-watch, test/evaluation).
 */
const watched = ({
  minutes = known(healthyMinutes()),
  jobs = [jobVerdict()],
  compared = () => true,
}: Watched): RawMachine => {
  const refs = healthyMinutes().map(({ ref }) => ref);
  const relativePerformance = refs.filter((_, i) => compared(i)).map((component) => ({ component, ratio: 1 }));
  const stragglers: Reading<StragglerWatch> = minutes.ok ? known({ jobs, relativePerformance }) : minutes;
  return simulated('hgx-h100-8', [0])
    .in('continuous')
    .alsoAsking(
      defineCollector({
        apiVersion: 1,
        id: 'nvidia-smi-follow',
        provides: ['gpuMinutes', 'stragglers'],
        reads: 'nvidia-smi --query-gpu=… -l 5',
        schedule: { everySeconds: 60 },
        deadlineMs: 1000,
        collect: async () => ({ gpuMinutes: minutes, stragglers }),
      }),
    );
};

const accusing = (level: 'suspect' | 'likely' | 'confirmed'): RawMachine =>
  watched({ jobs: [jobVerdict({ verdict: level, stragglers: [stragglerOf({ level })] })] });
const silent = (index: number): Reading<readonly GpuMinute[]> =>
  known(
    healthyMinutes().map((minute) => {
      const { window: _, ...rest } = minute;
      return minute.ref.index === index ? rest : minute;
    }),
  );

/** The whole node, in a job that nobody named, by what it shows. */
const accusingNode = (effects: ReturnType<typeof stragglerOf>['effects']): RawMachine =>
  watched({
    jobs: [
      jobVerdict({
        jobId: '',
        stragglers: [
          stragglerOf({
            level: 'suspect',
            jobId: '',
            component: { kind: 'node', key: 'node' },
            effects,
            message: 'The node may hold its job back: thermally throttled 40 % of the last 5 min',
          }),
        ],
      }),
    ],
  });
const effectsOf = (feature: 'sm_clock_p05' | 'power', observed: number, peerMedian: number) =>
  stragglerOf().effects.map((effect) => ({ ...effect, feature, observed, peerMedian }));

export default {
  pass: [
    watched({}),
    // One that idles in its job acquits nobody, and holds back no pass of the others.
    watched({ compared: (index) => index !== 0 }),
    watched({ jobs: [jobVerdict({ verdict: 'job_shaped', reason: 'all of a role' })] }),
    // It holds back a job for which it does not work any more.
    watched({ jobs: [jobVerdict(), jobVerdict({ jobId: '7', stragglers: [stragglerOf({ jobId: '7' })] })] }),
  ],
  findings: {
    suspect: [
      { on: accusing('suspect'), about: ['gpu3'], severity: 'WARNING' },
      // By a cause alone, then by what it shows, in the units of nvidia-smi.
      { on: accusingNode([]), about: ['node'] },
      {
        on: accusingNode(effectsOf('sm_clock_p05', 1.56e9, 1.845e9)),
        about: ['node'],
        observed: 'sm_clock_p05 1560 MHz',
        expected: 'about 1845 MHz, as its 7 peers',
      },
      {
        on: accusingNode(effectsOf('power', 412.4, 650)),
        about: ['node'],
        observed: 'power 412 W',
        expected: 'about 650 W, as its 7 peers',
      },
    ],
    likely: [
      { on: accusing('likely'), about: ['gpu3'], severity: 'WARNING', saying: /thermally throttled 40 %/ },
      // The whole node, at the worst level of several.
      {
        on: watched({
          jobs: (['suspect', 'likely'] as const).map((level) =>
            jobVerdict({
              jobId: level,
              stragglers: [stragglerOf({ level, jobId: level, component: { kind: 'node', key: 'node:' } })],
            }),
          ),
          compared: () => true,
        }),
        about: ['node'],
      },
    ],
    confirmed: { on: accusing('confirmed'), about: ['gpu3'], severity: 'CRITICAL' },
  },
  skipped: [
    // Before a job, without the agent, and where the detector cannot tell.
    simulated(),
    simulated().in('continuous'),
    watched({ jobs: [jobVerdict({ verdict: 'cannot_tell', reason: 'the GPUs are not busy' })] }),
    watched({ jobs: [] }),
  ],
  unknown: [
    watched({ minutes: silent(0) }),
    watched({ minutes: absent('timeout', 'nvidia-smi prints nothing') }),
    watched({ minutes: absent('failed', 'nvidia-smi ended') }),
  ],
} satisfies Outcomes;
