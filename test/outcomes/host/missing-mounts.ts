import type { Confidence } from '../../../src/api.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const MOUNTS = 'proc/1/mountinfo';
const HOME = '10.0.0.5:/home';
const SILENT = 'nfs: server 10.0.0.5 not responding, still trying';
const ANSWERS = 'nfs: server 10.0.0.5 OK';

const wanting = (paths: readonly string[], on: RawMachine = simulated()): RawMachine =>
  on.configured({ checks: { 'host/missing-mounts': { mode: 'enforce', options: { paths } } } });

const mounted = (line: string, on: RawMachine = simulated()): RawMachine =>
  on.with({ [MOUNTS]: (text) => `${text}${line}\n` });

/** With a profile that names mount points. */
const profiled = (paths: readonly string[], confidence: Confidence = 'specified'): RawMachine =>
  simulated().configured({
    machine: 'site',
    siteProfiles: [{ id: 'site', mounts: { value: paths, source: 'our site', confidence } }],
  });

const LUSTRE = '90 22 0:70 / /scratch rw,noatime - lustre 10.1.0.1@o2ib:10.1.0.2@o2ib:/scratch rw,flock';
const CEPH = '90 22 0:71 / /data rw - ceph 10.2.0.1:6789:/ rw,name=admin';
const LUSTRE_LOST =
  'Lustre: scratch-OST0001-osc-ffff9d2c4a5e8000: Connection to scratch-OST0001 (at 10.1.0.5@o2ib) was lost; in progress operations using this service will wait for recovery to complete';
const LUSTRE_BACK =
  'Lustre: scratch-OST0001-osc-ffff9d2c4a5e8000: Connection restored to 10.1.0.5@o2ib (at 10.1.0.5@o2ib)';

/** A server that says both, in this order. */
const silentThenOk = (silent: string, answers: string, on: RawMachine = simulated()): RawMachine =>
  on.saying([silent], { secondsAgo: 60 }).saying([answers], { secondsAgo: 30 });

export default {
  pass: [
    wanting(['/home', '/raid', '/']),
    wanting(['/home nfs', '/home nfs4 rw', '/raid xfs rw', '/raid * rw', ' /home/  *  rw ']),
    profiled(['/home', '/raid/']),
    // The site knows better than the profile what is mounted there.
    wanting(['/raid xfs'], profiled(['/raid'])),
    wanting(['/raid'], profiled(['/home'])),
    // A profile says nothing of how.
    profiled(['/snap/core20/2318']),
    wanting(['/mnt/s3 fuse'], mounted('90 22 0:80 / /mnt/s3 rw - fuse.juicefs JuiceFS:jfs rw')),
    wanting(['/data'], mounted('90 22 8:1 / /data ro - ext4 /dev/sda1 ro')),
    // Mounted over by what is wanted.
    wanting(
      ['/home nfs'],
      simulated().with({ [MOUNTS]: (text) => `21 22 0:50 / /home rw - autofs systemd-1 rw\n${text}` }),
    ),
    // The server answers again; or it is one of which nothing is mounted; or a user says so; or it was long ago.
    wanting(['/home'], silentThenOk(SILENT, ANSWERS)),
    wanting(['/home'], simulated().saying([SILENT, ANSWERS])),
    wanting(['/home'], simulated().saying(['nfs: server 10.0.0.50 not responding, still trying'])),
    wanting(['/home'], simulated().saying([SILENT], { facility: 1 })),
    wanting(['/home'], simulated().saying([SILENT], { secondsAgo: 86_460 })),
    wanting(['/scratch'], silentThenOk(LUSTRE_LOST, LUSTRE_BACK, mounted(LUSTRE))),
    wanting(['/data'], silentThenOk('ceph: mds0 hung', 'ceph: mds0 came back', mounted(CEPH))),
    wanting(['/home'], simulated().saying([LUSTRE_LOST, 'ceph: mds0 hung'])),
    // Mounted when somebody uses it: of that path nothing is said.
    wanting(['/net'], mounted('90 22 0:50 / /net rw - autofs systemd-1 rw')),
  ],
  findings: {
    missing: [
      {
        on: wanting(['/scratch', '/home']),
        about: ['/scratch'],
        severity: 'CRITICAL',
        saying: 'Nothing is mounted at /scratch',
      },
      { on: wanting(['/scratch lustre rw']), about: ['/scratch'] },
      { on: wanting(['/hom', '/home/alice']), about: ['/hom', '/home/alice'] },
      { on: profiled(['/scratch']), about: ['/scratch'], severity: 'CRITICAL' },
      { on: profiled(['/scratch'], 'measured'), about: ['/scratch'], severity: 'CRITICAL' },
      { on: profiled(['/scratch'], 'assumed'), about: ['/scratch'], severity: 'WARNING' },
      { on: wanting(['/scratch'], profiled(['/scratch'], 'assumed')), about: ['/scratch'], severity: 'CRITICAL' },
    ],
    'wrong-type': [
      {
        on: wanting(['/home lustre', '/raid xfs']),
        about: ['/home'],
        severity: 'CRITICAL',
        saying: `${HOME} (nfs4) is mounted at /home, where lustre is expected`,
      },
      { on: wanting(['/raid ext4 rw', '/home nf']), about: ['/raid', '/home'] },
      // What was mounted last is what one sees.
      { on: wanting(['/home nfs'], mounted('90 22 0:90 / /home rw - tmpfs tmpfs rw')), about: ['/home'] },
    ],
    'read-only': [
      {
        on: wanting(
          ['/home nfs rw'],
          simulated().with({ [MOUNTS]: (text) => text.replace('/home rw,relatime', '/home ro,relatime') }),
        ),
        about: ['/home'],
        severity: 'CRITICAL',
        saying: `/home (nfs4 from ${HOME}) is mounted read-only`,
      },
      {
        on: wanting(
          ['/raid * rw'],
          simulated().with({ [MOUNTS]: (text) => text.replace('/dev/md1 rw', '/dev/md1 ro') }),
        ),
        about: ['/raid'],
      },
    ],
    'server-silent': [
      {
        on: simulated('hgx-h100-8+nfs-down'),
        about: ['10.0.0.5'],
        severity: 'WARNING',
        saying: /^The file server 10\.0\.0\.5 does not answer \(nfs\), at /,
      },
      { on: simulated().saying(['nfs: server 10.0.0.5 not responding, timed out']), about: ['10.0.0.5'] },
      // It answered, and then no more.
      { on: silentThenOk(ANSWERS, SILENT), about: ['10.0.0.5'] },
      {
        on: simulated()
          .saying([ANSWERS.replace('0.5', '0.6')])
          .saying([SILENT]),
        about: ['10.0.0.5'],
      },
      { on: simulated().saying([SILENT]).saying([ANSWERS], { facility: 1 }), about: ['10.0.0.5'] },
      { on: simulated().saying([SILENT], { secondsAgo: 86_340 }), about: ['10.0.0.5'] },
      {
        on: mounted('90 22 0:81 / /v6 rw - nfs4 [fd00::5]:/v6 rw').saying([
          'nfs: server fd00::5 not responding, still trying',
        ]),
        about: ['fd00::5'],
      },
      {
        on: mounted('90 22 0:82 / /v3 rw - nfs filer:/v3 rw').saying([
          'nfs: server filer not responding, still trying',
        ]),
        about: ['filer'],
      },
      { on: mounted(LUSTRE).saying([LUSTRE_LOST]), about: ['scratch-OST0001-osc'], saying: /\(lustre\)/ },
      { on: mounted(CEPH).saying(['ceph: mds0 hung']), about: ['mds0'], saying: /\(ceph\)/ },
    ],
  },
  skipped: [
    simulated(),
    simulated().without(MOUNTS),
    // Nothing is wanted and nothing comes from a server, so the kernel log is not asked.
    simulated()
      .with({ [MOUNTS]: (text) => text.replace(/^.*nfs4.*\n/m, '') })
      .failing({ kmsg: 'denied: /dev/kmsg: EPERM' }),
  ],
  unknown: [
    wanting(['scratch']),
    wanting(['/home'], simulated().failing({ kmsg: 'denied: /dev/kmsg: EPERM' })),
    wanting(['/home'], simulated().failing({ [MOUNTS]: 'hung: no answer in 5 s' })),
  ],
} satisfies Outcomes;
