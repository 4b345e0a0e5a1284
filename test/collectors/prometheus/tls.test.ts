import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority, makeCertificate, noOpenssl } from '../../support/certificates.ts';
import { fakeFleet, gpuSeries } from './support/fake-fleet.ts';
import { type QueryServer, queryServer } from './support/query-server.ts';
import { END_MS, failureOf, readAll } from './support/read.ts';

describe.skipIf(noOpenssl !== undefined)(
  `a Prometheus behind TLS${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`,
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'muster-tls-'));
    const read = (file: string): string => readFileSync(join(directory, file), 'utf8');
    let server: QueryServer | undefined;
    const request = (more: object) => ({ url: server?.url ?? '', timeMs: END_MS, windowSeconds: 1140, ...more });

    beforeAll(async () => {
      makeAuthority(directory, 'site');
      makeAuthority(directory, 'other');
      makeCertificate(directory, 'prometheus', 'site');
      const fleet = fakeFleet(gpuSeries({ node: 'a', gpu: 0, job: '1' }), END_MS);
      server = await queryServer((asked, response) => void response.end(fleet(asked)), {
        key: read('prometheus.key'),
        cert: read('prometheus.pem'),
      });
    });
    afterAll(async () => {
      await server?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    test('is trusted by the authority that is given, or without one by its word', async () => {
      expect(await readAll(request({ ca: read('site.pem') }))).toHaveLength(1);
      expect(await readAll(request({ insecureSkipVerify: true }))).toHaveLength(1);
    });

    test.each([
      ['no authority', () => ({}), 'its certificate is signed by an authority that is not known here'],
      [
        'another authority',
        () => ({ ca: read('other.pem') }),
        'its certificate is signed by an authority that is not known here',
      ],
      [
        'another name',
        () => ({ ca: read('site.pem'), url: server?.url.replace('127.0.0.1', 'localhost') }),
        'its certificate is for another name',
      ],
    ])('%s', async (_, more, why) => {
      const { code, message } = await failureOf(request(more()));
      expect(message).toContain(`cannot be trusted: ${why}; give the authority's certificate, or the name it is for`);
      expect(code).toBe('MUSTER_PROMETHEUS');
    });

    test('a file that holds no certificate', async () => {
      const { code, message } = await failureOf(request({ ca: '-----BEGIN CERTIFICATE-----\nhello' }));
      expect(message).toMatch(
        /^https:\/\/127\.0\.0\.1:\d+: the certificate of the authority cannot be read; give one in PEM$/,
      );
      expect(code).toBe('MUSTER_PROMETHEUS');
    });

    test('http:// to it, and https:// to one without', async () => {
      const plain = await failureOf(request({ url: server?.url.replace('https', 'http') }));
      expect(plain.message).not.toMatch(/\n/);
      expect(plain.code).toBe('MUSTER_PROMETHEUS');
      const other = await queryServer((_, response) => void response.end());
      const secure = await failureOf(request({ url: other.url.replace('http', 'https') }));
      await other.close();
      expect(secure.message).toMatch(/does not speak TLS here \(\w+\); is it http:\/\/ instead of https:\/\/\?$/);
    });
  },
);
