import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Endpoint } from './endpoint.ts';
import { prometheusFailure } from './failure.ts';
import { statusProblem } from './status-problem.ts';
import { transportProblem } from './transport-problem.ts';

/** Enough for a chunk of nodes with 72 GPUs each; four of them are read at once. */
export const MAX_ANSWER_BYTES = 48 * 1024 * 1024;

export interface Posted {
  readonly body: Buffer;
  /** Unix ms by the clock of the server, where it tells. */
  readonly serverMs?: number;
}

const plainBody = (response: IncomingMessage): Readable => {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  const gunzip = createGunzip();
  // pipe() hands no errors on.
  response.on('error', (error) => gunzip.destroy(error));
  return response.pipe(gunzip);
};

const serverTime = ({ headers }: IncomingMessage): Pick<Posted, 'serverMs'> => {
  const serverMs = Date.parse(headers.date ?? '');
  return Number.isNaN(serverMs) ? {} : { serverMs };
};

const once = (
  endpoint: Endpoint,
  path: string,
  form: string,
  { agent, deadlineMs }: { readonly agent: Agent; readonly deadlineMs: number },
): Promise<Posted | 'stale-connection'> =>
  new Promise((resolve, reject) => {
    const { name, secure, host, port, prefix, headers, ca, insecureSkipVerify } = endpoint;
    const fail = (message: string): void => {
      clearTimeout(timer);
      request.destroy();
      reject(prometheusFailure(message));
    };
    const timer = setTimeout(
      () => fail(`${name} has not answered within ${deadlineMs / 1000} s; is it busy? Ask for one job, or wait longer`),
      deadlineMs,
    );
    const options = {
      agent,
      host,
      ...(port === undefined ? {} : { port }),
      path: `${prefix}${path}`,
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(form) },
    };
    const tls = { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !insecureSkipVerify };
    const request = secure ? requestHttps({ ...options, ...tls }) : requestHttp(options);
    const broken = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      // A server may close a kept connection at the moment in which it is used again.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve('stale-connection');
      else if (/^(?:Z_|ERR_ZLIB)/.test(error.code ?? ''))
        fail(`${name} sent an answer that cannot be unpacked (${error.code})`);
      else fail(transportProblem(endpoint, error));
    };
    request.on('error', broken);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const body = plainBody(response);
      body.on('error', broken);
      body.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES)
          fail(
            `${name} answers with more than ${MAX_ANSWER_BYTES / 2 ** 20} MiB; is it the query API of a Prometheus?`,
          );
        else chunks.push(chunk);
      });
      body.on('end', () => {
        clearTimeout(timer);
        const whole = Buffer.concat(chunks);
        const problem = statusProblem(response.statusCode ?? 0, response.headers, whole);
        if (problem === undefined) resolve({ body: whole, ...serverTime(response) });
        else fail(`${name} ${problem}`);
      });
    });
    request.end(form);
  });

/** Posts a form below `/api/v1`; redirects are not followed. Fails with one line and never takes longer than the deadline. */
export const post = async (
  endpoint: Endpoint,
  path: string,
  form: Readonly<Record<string, string>>,
  limits: { readonly agent: Agent; readonly deadlineMs: number },
): Promise<Posted> => {
  const encoded = new URLSearchParams(form).toString();
  const first = await once(endpoint, path, encoded, limits);
  const posted = first === 'stale-connection' ? await once(endpoint, path, encoded, limits) : first;
  if (posted === 'stale-connection')
    throw prometheusFailure(
      `${endpoint.name} closes connections before it answers; is a proxy in front that restarts?`,
    );
  return posted;
};
