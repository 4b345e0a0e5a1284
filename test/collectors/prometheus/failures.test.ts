import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeFleet, gpuSeries } from './support/fake-fleet.ts';
import { type Asked, type QueryServer, queryServer, success } from './support/query-server.ts';
import { END_MS, failureOf, readAll } from './support/read.ts';

const fleet = fakeFleet(gpuSeries({ node: 'a', gpu: 0, job: '1' }), END_MS);
let server: QueryServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Answer = Parameters<typeof queryServer>[0];
const serve = async (answer: Answer): Promise<{ url: string; timeMs: number; windowSeconds: number }> => {
  server = await queryServer(answer);
  return { url: server.url, timeMs: END_MS, windowSeconds: 1140 };
};
/** The server's name, so that messages can be compared. */
const plain = (message: string): string => message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST');

/** Answers the clock, and anything else in the given way. */
const after =
  (answer: Answer): Answer =>
  (asked, response) =>
    asked.form.get('query') === 'vector(time())' ? void response.end(fleet(asked)) : answer(asked, response);

describe('every failure is one line', () => {
  test.each<readonly [string, Answer, string]>([
    [
      'a login page',
      (_, response) => void response.setHeader('content-type', 'text/html').end('<!DOCTYPE html><title>Login</title>'),
      'http://HOST answers with a web page, not with the query API; is a path prefix missing, or does a login stand in front?',
    ],
    [
      '401',
      (_, response) => void response.writeHead(401).end('Unauthorized\n'),
      'http://HOST wants to know who asks (401); give a user name and password, or a bearer token, that it knows',
    ],
    [
      '403',
      (_, response) => void response.writeHead(403).end(),
      'http://HOST does not let this user ask (403); give a user or token that may query',
    ],
    [
      '404',
      (_, response) => void response.writeHead(404).end('404 page not found'),
      'http://HOST has no query API at this path (404); is the path prefix right?',
    ],
    [
      'a redirect',
      (_, response) => void response.writeHead(302, { location: 'https://u:p@sso.example/login' }).end(),
      'http://HOST redirects to https://sso.example/login, which is not followed; give the address that it leads to',
    ],
    [
      'an error of the server',
      (_, response) =>
        void response.writeHead(422).end('{"status":"error","errorType":"execution","error":"too many\\nsamples"}'),
      'http://HOST refuses the query (422): execution: too many samples',
    ],
    [
      'a gateway',
      (_, response) => void response.writeHead(503).end('upstream \u001b[31mconnect error'),
      'http://HOST is too busy to answer (503): upstream [31mconnect error; ask again later, or for one job',
    ],
    [
      'status error with 200',
      (_, response) => void response.end('{"status":"error","errorType":"timeout","error":"query timed out"}'),
      'http://HOST refuses the query: timeout: query timed out',
    ],
    [
      'no JSON',
      (_, response) => void response.end('hello'),
      'what http://HOST answers is not the JSON of the query API: "hello"; is it the query API of a Prometheus?',
    ],
    [
      'half an answer',
      (_, response) =>
        void response.end('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b'),
      'what http://HOST answers is not the JSON of the query API: "{\\"status\\":\\"success\\",\\"data\\":{\\"resultType\\":\\"matrix\\",\\"result\\":["; is it the query API of a Prometheus?',
    ],
    [
      'other JSON',
      (_, response) => void response.end('{"hits":[]}'),
      'what http://HOST answers is JSON, but not that of the query API; is it the query API of a Prometheus?',
    ],
    [
      'a scalar',
      (_, response) => void response.end('{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}'),
      'what http://HOST answers is a "scalar" where series were asked for; is it the query API of a Prometheus?',
    ],
    [
      'a series without labels',
      (_, response) => void response.end(success('vector', [{ metric: 7, value: [1, '1'] }])),
      'what http://HOST answers holds a series that cannot be read; is it the query API of a Prometheus?',
    ],
    [
      'broken gzip',
      (_, response) => void response.setHeader('content-encoding', 'gzip').end('no gzip'),
      'http://HOST sent an answer that cannot be unpacked (Z_DATA_ERROR)',
    ],
    [
      'a connection that ends',
      (_, response) => void response.destroy(),
      'http://HOST closed the connection before it answered; is there a proxy in front, or was it restarted?',
    ],
    [
      'an answer that ends',
      (_, response) => {
        response.setHeader('content-length', 1000).write('{"status":"succ');
        setImmediate(() => response.destroy());
      },
      'http://HOST closed the connection before it answered; is there a proxy in front, or was it restarted?',
    ],
    [
      'an empty Prometheus',
      (asked, response) =>
        void response.end(asked.form.get('query') === 'vector(time())' ? fleet(asked) : success('vector', [])),
      'http://HOST has no GPUs of muster agents in the 20 minutes before 2026-11-26T14:30:00.000Z; does it scrape them, and is the time right?',
    ],
  ])('%s', async (_, answer, message) => {
    const failure = await failureOf(await serve(answer));
    expect(plain(failure.message)).toBe(message);
    expect(failure.code).toBe('MUSTER_PROMETHEUS');
    expect(failure.message).not.toMatch(/\n/);
  });

  test('an endless answer does not fill the memory, packed or not', async () => {
    const megabyte = Buffer.alloc(2 ** 20, ' ');
    const endless = await failureOf(
      await serve((_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(megabyte));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      }),
    );
    expect(plain(endless.message)).toBe(
      'http://HOST answers with more than 48 MiB; is it the query API of a Prometheus?',
    );
    await server?.close();
    const packed = gzipSync(Buffer.alloc(100 * 2 ** 20, ' '));
    const bomb = await failureOf(
      await serve((_, response) => void response.setHeader('content-encoding', 'gzip').end(packed)),
    );
    expect(plain(bomb.message)).toBe('http://HOST answers with more than 48 MiB; is it the query API of a Prometheus?');
  });

  test('a server that never answers is given up', async () => {
    const failure = await failureOf({ ...(await serve(() => undefined)), timeoutMs: 200 });
    expect(plain(failure.message)).toMatch(/^http:\/\/HOST has not answered within 0\.\d+ s; is it busy\?/);
  });

  test('a chunk that fails fails the whole: half of a fleet is no verdict', async () => {
    const failure = await failureOf(
      await serve((asked, response) => {
        if (asked.path.endsWith('/query_range'))
          response.writeHead(500).end('{"status":"error","errorType":"internal","error":"disk"}');
        else response.end(fleet(asked));
      }),
    );
    expect(plain(failure.message)).toBe('http://HOST refuses the query (500): internal: disk');
  });

  test('a job that nobody knows is no clean job', async () => {
    const failure = await failureOf({
      ...(await serve((asked, response) => void response.end(fleet(asked)))),
      job: 'typo',
    });
    expect(plain(failure.message)).toMatch(/^http:\/\/HOST knows no GPU of job "typo" in the 20 minutes before/);
  });

  test('a time that has not been', async () => {
    const failure = await failureOf({
      ...(await serve((asked, response) => void response.end(fleet(asked)))),
      timeMs: END_MS + 3_600_000,
    });
    expect(plain(failure.message)).toMatch(/is in the future of http:\/\/HOST/);
  });

  test.each([
    ['prometheus:9090', '"prometheus:9090" is no address of a Prometheus; give one such as http://prometheus:9090'],
    ['ftp://u:secret@host', '"ftp://host" is no address of a Prometheus; give one such as http://prometheus:9090'],
    [
      'http://host:9090/graph?x=1',
      'http://host:9090/graph: the address ends in a query or a fragment; give it without',
    ],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1 refuses the connection; does Prometheus run there, on this port?'],
  ])('%s', async (url, message) => {
    expect((await failureOf({ url, windowSeconds: 1140 })).message).toBe(message);
  });
});

describe('how it asks', () => {
  const served = async (more: object = {}, path = ''): Promise<readonly Asked[]> => {
    const request = await serve((asked, response) => void response.end(fleet(asked)));
    await readAll({ ...request, url: `${request.url}${path}`, ...more });
    return server?.asked ?? [];
  };

  test.each(['/prometheus', '/prometheus/', '/prometheus/api/v1', '/prometheus/api/v1/query'])(
    'below %s',
    async (path) => {
      const paths = new Set((await served({}, path)).map((asked) => asked.path));
      expect(paths).toEqual(new Set(['/prometheus/api/v1/query', '/prometheus/api/v1/query_range']));
    },
  );

  test('with a password, or a token, and never both', async () => {
    const basic = `Basic ${Buffer.from('ops:pä ss').toString('base64')}`;
    for (const { headers } of await served({ username: 'ops', password: 'pä ss' }))
      expect(headers.authorization).toBe(basic);
    for (const { headers } of await served({ bearerToken: 'abc\n' })) expect(headers.authorization).toBe('Bearer abc');
    const { message } = await failureOf({ url: 'http://host', windowSeconds: 1140, username: 'u', bearerToken: 't' });
    expect(message).toBe('http://host: a bearer token and a user name are both given; give one of them');
    const bad = await failureOf({ url: 'http://host', windowSeconds: 1140, bearerToken: 'a\r\nx: y' });
    expect(bad.message).toBe('http://host: the bearer token is empty or holds characters that HTTP cannot carry');
  });

  test('a packed answer is unpacked', async () => {
    const request = await serve(
      (asked, response) => void response.setHeader('content-encoding', 'gzip').end(gzipSync(fleet(asked))),
    );
    expect((await readAll(request)).map(({ jobId }) => jobId)).toEqual(['1']);
  });

  test('warnings and a wrong clock are problems of every job', async () => {
    const request = await serve((asked, response) => {
      response.setHeader('date', new Date(Date.now() + 600_000).toUTCString());
      response.end(fleet(asked).replace(/}$/, ',"warnings":["store\\nsg1: unreachable"]}'));
    });
    const [job] = await readAll(request);
    expect(job?.problems.map(plain)).toEqual([
      expect.stringMatching(
        /^the clock of http:\/\/HOST is (?:599|600) s ahead of this machine's: times are the server's; set the clocks$/,
      ),
      'http://HOST warns, so series may be missing: store sg1: unreachable',
    ]);
  });

  test('the names of instances are literals in its queries', async () => {
    const strange = fakeFleet(
      gpuSeries({ node: 'a', gpu: 0, job: '1', target: 'job="muster",instance="a.b+c:1",node="a"' }),
      END_MS,
    );
    await readAll(await serve((asked, response) => void response.end(strange(asked))));
    const queries = (server?.asked ?? []).map(({ form }) => form.get('query') ?? '');
    expect(queries.some((query) => query.includes('instance="a.b+c:1"'))).toBe(true);
  });

  test('at most four requests at a time, by groups of nodes', async () => {
    const nodes = Array.from({ length: 300 }, (_, node) => gpuSeries({ node: `n${node}`, gpu: 0, job: '1' })).flat();
    const large = fakeFleet(nodes, END_MS);
    let now = 0;
    let most = 0;
    const [job] = await readAll(
      await serve(
        after((asked, response) => {
          most = Math.max(most, ++now);
          setImmediate(() => {
            now--;
            response.end(large(asked));
          });
        }),
      ),
    );
    expect(job?.frames.at(-1)?.gpus).toHaveLength(300);
    expect(server?.asked.filter(({ path }) => path.endsWith('/query_range'))).toHaveLength(6);
    expect(most).toBeLessThanOrEqual(4);
  });
});
