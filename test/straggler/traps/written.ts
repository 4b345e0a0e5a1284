import { normal, randomOf } from '../../evaluation/simulator/random.ts';
import { stamper } from '../../evaluation/simulator/stamp.ts';
import type { Printed } from './drive.ts';

/** What one GPU prints at one moment; a column that is not told prints `[N/A]`. */
export interface Shown {
  readonly utilizationPercent?: number | undefined;
  readonly smMegahertz: number;
  readonly watts: number;
  readonly celsius: number;
  readonly limitWatts: number;
  readonly defaultLimitWatts: number;
  readonly pcieGeneration: number;
  readonly pcieWidth: number;
  /** Share of the interval since the line before, for the counters. */
  readonly powerCapShare: number;
  readonly thermalShare: number;
  /** At the moment of the sample. */
  readonly isThermal: boolean;
  readonly isPowerCapped: boolean;
  readonly uuid: string;
  readonly model: string;
  readonly mig: 'Enabled' | 'Disabled';
  readonly jobId: string;
  readonly role: string;
  /** The driver was loaded since the line before: its counters begin at 0. */
  readonly isReloaded: boolean;
  /** By how much the clock of the node is wrong. */
  readonly clockErrorSeconds: number;
}

export interface Place {
  readonly node: number;
  readonly gpu: number;
  readonly seconds: number;
  /** Samples since the start. */
  readonly tick: number;
}

/** An H100 that trains: near its limit, all the time at work. */
const WORKING: Omit<Shown, 'uuid'> = {
  utilizationPercent: 100,
  smMegahertz: 1800,
  watts: 640,
  celsius: 62,
  limitWatts: 700,
  defaultLimitWatts: 700,
  pcieGeneration: 5,
  pcieWidth: 16,
  powerCapShare: 0,
  thermalShare: 0,
  isThermal: false,
  isPowerCapped: false,
  model: 'NVIDIA H100 80GB HBM3',
  mig: 'Disabled',
  jobId: '',
  role: 'all',
  isReloaded: false,
  clockErrorSeconds: 0,
};

const HEADER =
  'timestamp, index, uuid, name, mig.mode.current, utilization.gpu [%], clocks.current.sm [MHz], power.draw [W], enforced.power.limit [W], power.default_limit [W], temperature.gpu, pcie.link.gen.current, pcie.link.width.current, clocks_event_reasons.sw_power_cap, clocks_event_reasons.hw_thermal_slowdown';
const COUNTERS =
  ', clocks_event_reasons_counters.sw_power_cap [us], clocks_event_reasons_counters.hw_thermal_slowdown [us]';

const START_MS = Date.UTC(2026, 0, 5);
export const INTERVAL_SECONDS = 15;

export const nodeOf = (position: number): string => `node-${String(position + 1).padStart(3, '0')}`;
const uuidOf = (node: number, gpu: number): string => `GPU-0000${node}00${gpu}-1111-4222-a333-444444444444`;

/** Lines of nodes that all do the same, but for what `differs` says of a GPU at a time. */
export const written = (o: {
  readonly nodes: number;
  readonly minutes: number;
  readonly gpusPerNode?: number;
  /** Standard deviation of clock and power from line to line and of one GPU against another, as shares. */
  readonly noise?: { readonly line: number; readonly gpu: number };
  readonly hasCounters?: boolean;
  readonly differs: (place: Place) => Partial<Shown>;
}): Printed => {
  const { gpusPerNode = 8, noise = { line: 0.01, gpu: 0.004 }, hasCounters = true } = o;
  const names = Array.from({ length: o.nodes }, (_, node) => nodeOf(node));
  const jobs = new Map<string, { readonly jobId: string; readonly role: string }>();

  function* ticks() {
    const random = randomOf('written');
    const own = Array.from({ length: o.nodes * gpusPerNode }, () => 1 + noise.gpu * normal(random));
    const totals = own.map(() => ({ powerCap: 3e9, thermal: 4e9 }));
    const stamp = stamper();
    for (let tick = 0; tick * INTERVAL_SECONDS < o.minutes * 60; tick++) {
      const seconds = tick * INTERVAL_SECONDS;
      const atMs = START_MS + seconds * 1000;
      yield {
        atMs,
        nodes: names.map((name, node) => {
          const lines = Array.from({ length: gpusPerNode }, (_, gpu) => {
            const told: Shown = { ...WORKING, uuid: uuidOf(node, gpu), ...o.differs({ node, gpu, seconds, tick }) };
            const silicon = own[node * gpusPerNode + gpu] ?? 1;
            const total = totals[node * gpusPerNode + gpu] ?? { powerCap: 0, thermal: 0 };
            if (told.isReloaded) {
              total.powerCap = 0;
              total.thermal = 0;
            }
            total.powerCap += Math.round(told.powerCapShare * INTERVAL_SECONDS * 1e6);
            total.thermal += Math.round(told.thermalShare * INTERVAL_SECONDS * 1e6);
            jobs.set(told.uuid, { jobId: told.jobId, role: told.role });
            const wobble = 1 + noise.line * normal(random);
            const use = told.utilizationPercent;
            return [
              stamp(atMs + 1000 * told.clockErrorSeconds + 100 * node + 3 * gpu),
              gpu,
              told.uuid,
              told.model,
              told.mig,
              use === undefined ? '[N/A]' : `${use} %`,
              `${Math.round(told.smMegahertz * silicon * (1 + 0.3 * (wobble - 1)))} MHz`,
              `${(told.watts * silicon * wobble).toFixed(2)} W`,
              `${told.limitWatts.toFixed(2)} W`,
              `${told.defaultLimitWatts.toFixed(2)} W`,
              Math.round(told.celsius),
              told.pcieGeneration,
              told.pcieWidth,
              told.isPowerCapped ? 'Active' : 'Not Active',
              told.isThermal ? 'Active' : 'Not Active',
              ...(hasCounters ? [`${total.powerCap} us`, `${total.thermal} us`] : []),
            ].join(', ');
          });
          return { name, csv: lines.join('\n') };
        }),
      };
    }
  }

  return {
    startMs: START_MS,
    nodes: names.map((name) => ({ name, header: hasCounters ? HEADER + COUNTERS : HEADER })),
    ticks,
    jobOf: ({ uuid = '' }) => jobs.get(uuid) ?? { jobId: '', role: 'all' },
  };
};

const IDLE_WATTS = 70;
/** Dynamic power falls with the clock and with the square of its voltage, which falls less (between 2 and 3 near the top). */
const POWER_EXPONENT = 2.3;

/** Slower by this share, and nothing says why. */
export const slower = (share: number): Pick<Shown, 'smMegahertz' | 'watts'> => ({
  smMegahertz: WORKING.smMegahertz * (1 - share),
  watts: IDLE_WATTS + (WORKING.watts - IDLE_WATTS) * (1 - share) ** POWER_EXPONENT,
});

/** The same by heat. */
export const heldDownByHeat = (share: number): Partial<Shown> => ({
  ...slower(share),
  celsius: 87,
  thermalShare: Math.min(1, 2 * share),
});

export const isFrom = ({ seconds }: Place, minute: number, until = Number.POSITIVE_INFINITY): boolean =>
  seconds >= minute * 60 && seconds < until * 60;

export const SAME: Partial<Shown> = {};
