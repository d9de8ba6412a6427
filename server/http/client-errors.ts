import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { ProblemCode } from '../../workflows/contracts/problems.ts';
import { problemDocument } from './problem-document.ts';

const codes: Partial<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'request.head-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request.timed-out',
};

/**
 * What is no request at all, or one whose head does not fit, never gets to the application: Node's server refuses it. So
 * that whoever sent it is told like everybody else, with the same words.
 */
export function answerClientErrors(server: Server, logger?: Logger): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    logger?.info({ code: error.code, address: socket.remoteAddress }, 'refused before it was a request');
    const code = codes[error.code ?? ''] ?? 'request.unreadable';
    const problem = new Problem(code);
    const body = JSON.stringify(problemDocument(problem, randomUUID()));
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
}
