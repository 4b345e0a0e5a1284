import { describe, expect, it } from 'vitest';
import { podOf, slurmJobOf } from '../../src/parse/cgroup.ts';
import { jobEnvironment } from '../../src/parse/job-environment.ts';
import { mappedJob } from '../../src/parse/job-mapping.ts';

const V1 = (path: string): string => `12:pids:/\n11:devices:${path}\n4:memory:${path}\n1:name=systemd:/system.slice\n`;

describe('the Slurm job of a control group', () => {
  it.each([
    ['v1', V1('/slurm/uid_1000/job_1234/step_0/task_0'), '1234'],
    ['v1, several slurmd on a host', V1('/slurm_node07/uid_1000/job_1234/step_batch'), '1234'],
    ['v2', '0::/system.slice/slurmstepd.scope/job_1234/step_0/user/task_0\n', '1234'],
    ['v2, several slurmd on a host', '0::/system.slice/node07_slurmstepd.scope/job_1234/step_extern/user\n', '1234'],
    ['v2, the job itself', '0::/system.slice/slurmstepd.scope/job_1234', '1234'],
    [
      'inside a pod',
      '0::/kubepods.slice/kubepods-burstable.slice/cri-containerd-ab.scope/system.slice/slurmstepd.scope/job_7/step_0\n',
      '7',
    ],
    [
      'a directory that the job made below its own',
      '0::/system.slice/slurmstepd.scope/job_12/user/slurmstepd.scope/job_99',
      '12',
    ],
  ])('%s', (_, text, job) => {
    expect(slurmJobOf(text)).toBe(job);
  });

  it.each([
    ['a user of that name', '0::/user.slice/job_1234/slurm'],
    ['slurmstepd itself', '0::/system.slice/slurmstepd.scope/system'],
    ['no number', '0::/system.slice/slurmstepd.scope/job_abc/step_0'],
    ['a directory with a colon in its name', '0::/system.slice/slurmstepd.scope/job_12:34'],
    ['a session', '0::/user.slice/user-1000.slice/session-3.scope'],
    ['nothing', ''],
    ['not a cgroup file', '\u0000\u0001 garbage'],
  ])('%s is none', (_, text) => {
    expect(slurmJobOf(text)).toBeUndefined();
  });
});

describe('the pod of a control group', () => {
  const UID = '3f2a0b1c-1111-4222-8333-444455556666';
  it.each([
    ['cgroupfs, guaranteed', `/kubepods/pod${UID}/0123abcd`],
    ['cgroupfs, burstable', `/kubepods/burstable/pod${UID}/0123abcd`],
    [
      'systemd',
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-0123.scope`,
    ],
    ['systemd, guaranteed', `/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/crio-0123.scope`],
    ['seen from another namespace', `/../../pod${UID}/0123abcd`],
  ])('%s', (_, path) => {
    expect(podOf(`0::${path}\n`)).toBe(UID);
    expect(podOf(V1(path))).toBe(UID);
  });

  it('of a static pod is a hash', () => {
    expect(podOf('0::/kubepods/pod0123456789abcdef0123456789abcdef/77')).toBe('0123456789abcdef0123456789abcdef');
  });
  it('is none elsewhere', () => {
    expect(podOf('0::/system.slice/podman-restart.service')).toBeUndefined();
  });
});

describe('what a process was told', () => {
  const environ = (...entries: string[]): string => entries.map((entry) => `${entry}\0`).join('');

  it.each([
    [environ('PATH=/bin', 'SLURM_JOB_ID=1234', 'SLURM_PROCID=5'), { jobId: '1234', rank: 5 }],
    [environ('PBS_JOBID=77.server'), { jobId: '77.server' }],
    [environ('LSB_JOBID=9', 'OMPI_COMM_WORLD_RANK=2'), { jobId: '9', rank: 2 }],
    [
      environ('SLURM_JOB_ID=1', 'MUSTER_JOB_ID=llama-7b', 'MUSTER_ROLE=decoder'),
      { jobId: 'llama-7b', role: 'decoder' },
    ],
    [environ('SLURM_PROCID=0', 'RANK=13'), { rank: 13 }],
    [environ('SLURM_JOB_ID=first', 'SLURM_JOB_ID=second'), { jobId: 'first' }],
    // The highest rank that the job socket takes.
    [environ('RANK=1000000'), { rank: 1_000_000 }],
    [environ('RANK=1000001'), {}],
    [environ('RANK=1000001', 'SLURM_PROCID=5'), { rank: 5 }],
    ['', {}],
  ])('%j', (text, told) => {
    expect(jobEnvironment(text)).toEqual(told);
  });

  it.each([
    ['a line break', 'MUSTER_JOB_ID=a\nmuster_node_status{state="healthy"} 1'],
    ['a space', 'MUSTER_JOB_ID=a b'],
    ['an escape sequence', 'MUSTER_JOB_ID=\u001b[2J'],
    ['another script', 'MUSTER_JOB_ID=зада́ча'],
    ['65 characters', `MUSTER_JOB_ID=${'x'.repeat(65)}`],
    ['nothing', 'MUSTER_JOB_ID='],
    ['a name alone', 'MUSTER_JOB_ID'],
  ])('%s never becomes a label', (_, hostile) => {
    expect(jobEnvironment(environ(hostile, 'MUSTER_ROLE=a b', 'RANK=-1'))).toEqual({});
    expect(jobEnvironment(environ(hostile, 'SLURM_JOB_ID=12'))).toEqual({ jobId: '12' });
  });
});

describe('a file of the job mapping directory', () => {
  it.each([
    ['1234\n', '1234'],
    ['1234\n1240\n', '1240'],
    ['  1234  \r\n\n', '1234'],
    ['', undefined],
    ['two words\n', undefined],
  ])('%j names %s', (text, job) => {
    expect(mappedJob(text)).toBe(job);
  });
});
