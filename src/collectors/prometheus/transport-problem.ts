import type { Endpoint } from './endpoint.ts';

const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not known here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; is the clock right?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** One line for a connection that failed. */
export const transportProblem = ({ name, host, secure }: Endpoint, error: NodeJS.ErrnoException): string => {
  const code = error.code ?? '';
  const certificate = Object.hasOwn(CERTIFICATE, code) ? CERTIFICATE[code] : undefined;
  if (certificate !== undefined)
    return `${name} cannot be trusted: ${certificate}; give the authority's certificate, or the name it is for`;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${name}: the name ${host} cannot be resolved; is it right, and is there a network?`;
    case 'ECONNREFUSED':
      return `${name} refuses the connection; does Prometheus run there, on this port?`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${name} cannot be reached (${code}); is there a route, or a firewall?`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${name} closed the connection before it answered; is there a proxy in front, or was it restarted?`;
    default:
      if (secure && /^(?:EPROTO|ERR_SSL)/.test(code))
        return `${name} does not speak TLS here (${code}); is it http:// instead of https://?`;
      if (code.startsWith('HPE_'))
        return `${name} does not speak HTTP here (${code}); is it https://, and the port right?`;
      return `${name} cannot be asked (${code === '' ? error.message : code}); is the address right?`;
  }
};
