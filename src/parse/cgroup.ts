/** The paths of /proc/PID/cgroup: one line a hierarchy, `ID:CONTROLLERS:PATH` (cgroups(7)). */
const pathsOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const [, , ...path] = line.split(':');
    return path.length === 0 ? [] : [path.join(':')];
  });

/**
 * `/slurm/uid_1000/job_1234/…` (v1; `slurm_NODE` where several slurmd share a host) and
 * `/system.slice/slurmstepd.scope/job_1234/…` (v2; `NODE_slurmstepd.scope`), from Slurm's cgroup plugins. Elements of an
 * array and parts of a heterogeneous job have a number of their own here. The outermost counts: below it the job may
 * make directories itself.
 */
const SLURM = /(?:\/slurm[^/]*\/uid_\d+|slurmstepd\.scope)\/job_(\d{1,19})(?=\/|$)/;

/** `pod3f2a…` with dashes (cgroupfs driver) or underscores (systemd driver); of static pods a hash of 32 digits. */
const POD =
  /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=\.slice|\/|$)/;

const firstMatch = (text: string, pattern: RegExp): string | undefined => {
  for (const path of pathsOf(text)) {
    const id = pattern.exec(path)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
};

/** The Slurm job that a process belongs to, by its control group: what the kernel holds it to, not what it says. */
export const slurmJobOf = (cgroup: string): string | undefined => firstMatch(cgroup, SLURM);

/** The UID of the Kubernetes pod that a process belongs to, as the API server spells it. */
export const podOf = (cgroup: string): string | undefined => firstMatch(cgroup, POD)?.replaceAll('_', '-');
