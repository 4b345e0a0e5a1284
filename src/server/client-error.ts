import type { Socket } from 'node:net';

const STATUS_OF_CLIENT_ERROR: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers what is not HTTP, or too much or too slow of it, and hangs up. */
export const onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  const { code = '' } = error;
  // Anything else (a reset, a handshake that failed) leaves nobody who could read an answer.
  const isHttp = code.startsWith('HPE_') || code.startsWith('ERR_HTTP_');
  if (!isHttp || !socket.writable) return void socket.destroy();
  const status = STATUS_OF_CLIENT_ERROR[code] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // A client that goes on talking would keep its half open.
  socket.once('finish', () => socket.destroy());
};
