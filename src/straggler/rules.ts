/**
 * How evidence becomes a verdict. Numbers without another source were chosen on the tuning seeds of
 * `npm run bench:stragglers`, which prints what they cost on the reporting seeds.
 */
export const RULES = {
  /** nvidia-smi is asked every 5 or 15 s; five minutes hold many steps of any job, so that sampling does not alias them. */
  windowSeconds: 300,
  everySeconds: 60,
  /** A window needs this many samples, and one that is not older than this. */
  minSamples: 3,
  maxSampleAgeSeconds: 90,

  /** Below it a clock reading is that of an idle GPU. */
  busyAt: 0.5,
  /** Where this share of a job's GPUs is busy the others are late rather than unused. */
  activeShare: 0.5,
  /** Less busy than this is not slow but unused, or hung: another check's matter. */
  comparedFrom: 0.2,

  /** 12 of 15 minutes; severe ones 4 of 5. */
  persistence: { hits: 12, of: 15, severeHits: 4, severeOf: 5, clearAt: 3 },
  /** What comes and goes: a cause and what it explains, both in the same minute, so often in so many minutes, several times. */
  recurrence: { hits: 12, minutes: 90, times: 2 },
  /** Minutes older than this are forgotten, however few were worth looking at. */
  rememberMinutes: 30,
  severe: { deviation: 0.2, throttleRatio: 0.3 },
  /** Caches fill, GPUs warm up, data loaders start. */
  warmUpMinutes: 10,

  /** Three quarters of a job draw 30 % less than usual: a checkpoint, an evaluation, a stall of all. */
  phase: { share: 0.75, drop: 0.3 },

  z: 4,
  /** Where a cause is known as well, less of an outlier is believed. */
  zWithCause: 3,
  /** Without a slot baseline the chassis may explain this much more. */
  withoutBaseline: 1.6,
  /** Peers besides itself: with fewer nobody is compared. Below `manyPeers` the spread of the peers is itself uncertain. */
  minPeers: 3,
  manyPeers: 7,
  uncertainSpread: 2,
  /** From this many nodes on the median over nodes tells the effect of a slot. */
  minNodes: 5,

  /** Throttled for more than this share of the window is a cause, whatever the peers do. */
  throttleRatio: 0.05,
  /** SuperBench (ATC'24): with more than ten remapped rows 83 % of the GPUs regress. */
  remappedRows: 10,

  /** A quarter of the peers, and three at least, deviating together without a cause is the job's shape (DESIGN §7). */
  jobShaped: { share: 0.25, atLeast: 3 },
  /** A tenth of the peers on three nodes with one cause share it (DESIGN §7). */
  sharedCause: { share: 0.1, nodes: 3, shareOfAll: 0.25 },
  /** What more than half of the peers have is how this job's machines are set up. */
  commonShare: 0.5,

  /** A gap as wide as the minimum effect of power, and middles apart by this many times the spread on either side. */
  role: { gap: 0.05, spreads: 5, spreadFloor: 0.015, max: 8 },
  /** Dynamic power falls with the clock times the square of the voltage; with the part that does not, about its square. */
  powerOfClock: 2,

  /** A lone GPU that computes less than its peers: only where these wait for it at full utilisation (NCCL spins). */
  hostSlow: { peersBusy: 0.93 },
  /** By how much the later half of the steps must be longer: step times vary by some percent by themselves. */
  stepDrift: 0.05,
  /** Node power against the fleet: below 0.97 all that were accused on 84 real 4-GPU nodes were slow (SC22 data, Longhorn). */
  nodePower: 0.03,

  /** Minutes after which half of a GPU's own deviation is believed. */
  baselineHalfMinutes: 60,
} as const;
