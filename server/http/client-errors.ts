import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '../../workflows/contracts/problem.ts';
import { problemDocument } from './problem-document.ts';

/**
 * What is no request at all, or one whose head does not fit, never gets to the application: Node's server refuses it. So
 * that whoever sent it is told like everybody else, with the same words.
 */
export function answerClientErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
    const problem = new Problem(isTooLarge ? 'request.head-too-large' : 'request.malformed');
    const body = JSON.stringify(problemDocument(problem, randomUUID()));
    const head = [
      `HTTP/1.1 ${isTooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
}
