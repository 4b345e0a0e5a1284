import { compareSync, hashSync } from 'bcryptjs';
import { expect, it } from 'vitest';
import { decoyHash } from '../../../src/server/web/decoy-hash.ts';

it('what an unknown user is compared with costs as much as the costliest of the known, and differs each time', () => {
  const hashes = [hashSync('a', 4), hashSync('b', 6)];
  const decoy = decoyHash(hashes);
  expect(decoy).toMatch(/^\$2b\$06\$[./A-Za-z0-9]{53}$/);
  expect(compareSync('a', decoy)).toBe(false);
  expect(decoyHash(hashes)).not.toBe(decoy);
});
