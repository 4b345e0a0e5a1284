import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { onBench } from '../../support/agent.ts';
import { noDState, openFreezableDisk } from '../../support/dstate.ts';
import type { ChaosCase, Stage } from '../chaos-case.ts';

const SOURCES = ['nvidia-smi', 'nvidia-smi-nvlink', 'nvidia-smi-topo'];
const BLINDS = ['gpu/ecc-errors', 'gpu/nvlink-down', 'thermal/hot-gpus'];
/** A driver that hangs or refuses is a finding. */
const FINDS = ['gpu/driver-unresponsive', 'gpu/missing-gpus', 'gpu/lost-gpus'];

const place = (file: string, script: string): void => {
  writeFileSync(`${file}.new`, script);
  chmodSync(`${file}.new`, 0o755);
  renameSync(`${file}.new`, file);
};

/** Puts a script in the place of nvidia-smi; `"$real"` in it is the one that works. */
const replaceTool = ({ bench }: Stage, script: string): (() => Promise<void>) => {
  const file = join(bench.machine.binDir, 'nvidia-smi');
  const real = join(bench.machine.binDir, 'nvidia-smi.real');
  renameSync(file, real);
  const answers = join(bench.machine.dir, 'answers');
  place(file, `#!/bin/sh\nreal=${real}\nanswers=${answers}\n${script}\n`);
  return async () => renameSync(real, file);
};

const dState: ChaosCase = {
  name: 'nvidia-smi in D state',
  missing: noDState,
  // Until the child is given up (25 s), and some rounds in which it is not started again.
  seconds: { short: 35, full: 600 },
  breaks: SOURCES,
  blinds: BLINDS,
  finds: FINDS,
  inflict: (stage) => {
    const disk = openFreezableDisk();
    disk.freeze();
    // The name tells whose process it is.
    const mend = replaceTool(stage, `exec touch ${disk.path}/${basename(stage.bench.machine.dir)}`);
    return async () => {
      await mend();
      disk.close();
    };
  },
  meanwhile: async ({ scraper }) => {
    const abandoned = scraper.scrapes.at(-1)?.abandoned;
    return abandoned === 1 ? [] : [`${abandoned} processes are abandoned where one hangs`];
  },
};

const killedInMidOutput: ChaosCase = {
  name: 'nvidia-smi killed in mid-output',
  seconds: { short: 8, full: 60 },
  breaks: SOURCES,
  blinds: BLINDS,
  finds: FINDS,
  inflict: (stage) => replaceTool(stage, 'head -c 30000 "$answers/nvidia-smi_-q_-x.out"\nkill -KILL $$'),
};

const failsAtRandom: ChaosCase = {
  name: 'nvidia-smi exits 255 at random',
  seconds: { short: 16, full: 120 },
  breaks: SOURCES,
  blinds: [],
  finds: FINDS,
  damped: FINDS,
  inflict: (stage) =>
    replaceTool(
      stage,
      'if [ $(($(od -An -N1 -tu1 /dev/urandom) % 2)) = 0 ]; then exec "$real" "$@"; fi\necho "Unknown Error" >&2\nexit 255',
    ),
};

const printsWithoutEnd: ChaosCase = {
  name: 'nvidia-smi prints 1 GB',
  seconds: { short: 8, full: 60 },
  breaks: SOURCES,
  blinds: BLINDS,
  finds: FINDS,
  inflict: (stage) => replaceTool(stage, 'head -c 1000000000 /dev/zero'),
};

const answersLate: ChaosCase = {
  name: 'nvidia-smi answers after 60 s',
  // The agent asks it to stop after 17.5 s.
  seconds: { short: 22, full: 180 },
  // No shorter than a call that was begun before the mending takes to be given up.
  intervalSeconds: 18,
  breaks: SOURCES,
  blinds: ['gpu/ecc-errors'],
  finds: FINDS,
  inflict: (stage) => {
    const mend = replaceTool(stage, 'sleep 60\nexec "$real" "$@"');
    // Asked at once, not only at the next turn; the answer is nothing to wait for.
    void onBench(stage.bench, ['control', 'collect']);
    return mend;
  },
};

export const nvidiaSmiCases: readonly ChaosCase[] = [
  dState,
  killedInMidOutput,
  failsAtRandom,
  printsWithoutEnd,
  answersLate,
];
