import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why tests that need certificates cannot run; nothing where they can. */
export const noOpenssl = spawnSync('openssl', ['version']).status === 0 ? undefined : 'openssl is not installed';

const openssl = (directory: string, ...args: string[]): void =>
  void execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });

const keyOf = (directory: string, name: string): void => {
  openssl(directory, 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  chmodSync(join(directory, `${name}.key`), 0o600);
};

/** `NAME.pem` and `NAME.key`, an authority of its own. */
export const makeAuthority = (directory: string, name: string): void => {
  keyOf(directory, name);
  openssl(
    directory,
    'req',
    '-x509',
    '-key',
    `${name}.key`,
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
    '-out',
    `${name}.pem`,
  );
};

/** `NAME.pem` and `NAME.key`, for 127.0.0.1, signed by the authority. */
export const makeCertificate = (directory: string, name: string, authority: string): void => {
  keyOf(directory, name);
  openssl(
    directory,
    'req',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    `/CN=${name}`,
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-out',
    `${name}.csr`,
  );
  openssl(
    directory,
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    `${authority}.pem`,
    '-CAkey',
    `${authority}.key`,
    '-days',
    '2',
    '-copy_extensions',
    'copy',
    '-out',
    `${name}.pem`,
  );
};

/** Puts one certificate in the place of another, the key last, as a renewal may do. */
export const renew = (directory: string, from: string, to: string): void => {
  copyFileSync(join(directory, `${from}.pem`), join(directory, `${to}.pem`));
  copyFileSync(join(directory, `${from}.key`), join(directory, `${to}.key`));
};
