import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer, type Http2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../../../deploy/local/kubernetes/command.ts';

const writer = fileURLToPath(new URL('./testing/writer.ts', import.meta.url));
/** By how long their connections live: where they are given up often, some are always being opened. */
const connectionLivesMs: Record<string, number> = { often: 150, seldom: 60_000 };
const stops = 4;
/** More than the second after which a process knows that it was stopped. */
const stoppedForMs = 1_500;

interface Arrival {
  writer: string;
  /** When the right to write it was given. */
  givenAtMs: number;
  atMs: number;
}

let directory: string;
let server: Http2SecureServer;
const arrivals: Arrival[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gate-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await runCommand('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert]);
  server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
  server.on('session', (session: Http2Session) => session.on('error', () => undefined));
  server.on('request', (request, response) => {
    json(request).then(
      (body) => {
        const { metadata } = body as { metadata: { name: string } };
        const name = request.url.split('/')[4] ?? '';
        endIn(connectionLivesMs[name] ?? 0, request.stream.session);
        arrivals.push({ writer: name, givenAtMs: Number(metadata.name), atMs: Date.now() });
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(body));
      },
      () => undefined,
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});

afterAll(() => {
  server?.close();
  rmSync(directory, { recursive: true, force: true });
});

const ending = new WeakSet<Http2Session>();
function endIn(delayMs: number, session: Http2Session | undefined): void {
  if (!session || ending.has(session)) return;
  ending.add(session);
  setTimeout(() => session.close(), delayMs).unref();
}

/** Stops and resumes one process at moments that nothing chooses. @returns what it sent by a right from before a stop */
async function lateFrom(name: string): Promise<Arrival[]> {
  const { port } = server.address() as AddressInfo;
  const options = [writer, `https://127.0.0.1:${port}`, readFileSync(join(directory, 'cert.pem'), 'utf8'), name];
  const child: ChildProcess = spawn(process.execPath, options, { stdio: ['ignore', 'inherit', 'inherit'] });
  const own = (): Arrival[] => arrivals.filter((arrival) => arrival.writer === name);
  const late: Arrival[] = [];
  try {
    for (let stop = 0; stop < stops; stop += 1) {
      const before = own().length;
      await expect.poll(() => own().length, { timeout: 20_000 }).toBeGreaterThan(before + 100);
      await sleep(Math.random() * 150);
      child.kill('SIGSTOP');
      const stoppedAtMs = Date.now();
      await sleep(stoppedForMs);
      const resumedAtMs = Date.now();
      child.kill('SIGCONT');
      // It is itself again when rights of after the stop arrive.
      await expect
        .poll(() => own().filter(({ givenAtMs }) => givenAtMs >= resumedAtMs).length, { timeout: 20_000 })
        .toBeGreaterThan(100);
      late.push(...own().filter(({ givenAtMs, atMs }) => givenAtMs < stoppedAtMs && atMs >= resumedAtMs));
    }
  } finally {
    child.kill('SIGKILL');
  }
  return late;
}

it(
  'nothing that a stopped process had prepared is sent when it goes on, wherever it waited',
  { timeout: 120_000 },
  async () => {
    const names = Object.keys(connectionLivesMs);
    expect(await Promise.all(names.map(lateFrom))).toEqual(names.map(() => []));
  },
);
