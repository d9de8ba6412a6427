import { request } from 'node:http';
import type Docker from 'dockerode';

import type { HttpProbe } from '../runtime.ts';
import type { Template } from './template.ts';

/** Where the engine has published the agent's port at this start. */
export function publishedPortOf({ NetworkSettings }: Docker.ContainerInspectInfo, port: number): number | undefined {
  const bound = (NetworkSettings.Ports ?? {})[`${port}/tcp`];
  const hostPort = Number(bound?.find(({ HostPort }) => HostPort !== '')?.HostPort);
  return Number.isSafeInteger(hostPort) && hostPort > 0 ? hostPort : undefined;
}

interface Known {
  process: string;
  ready: boolean;
  failures: number;
  askedAtMs: number;
  said: string | null;
}

/**
 * Asks agents whether they are ready. The engine's own health check would need a program in the image, and Podman
 * systemd's timers for it; so the driver asks, and remembers as much as a threshold needs.
 */
export class Readiness {
  readonly #known = new Map<string, Known>();

  /** @returns null where it is ready, else why not */
  async ask(
    instanceId: string,
    process: Docker.ContainerInspectInfo,
    { port, probes }: Template,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { readiness, startup } = probes;
    const run = `${process.Id} ${process.State.StartedAt}`;
    const kept = this.#known.get(instanceId);
    const known: Known =
      kept?.process === run ? kept : { process: run, ready: false, failures: 0, askedAtMs: 0, said: 'not asked yet' };
    this.#known.set(instanceId, known);
    const isFresh = Date.now() - known.askedAtMs < 1000 * readiness.periodSeconds;
    if (known.ready && isFresh) return null;
    const published = publishedPortOf(process, port);
    if (published === undefined) return 'its port is not published yet';
    const probe = known.ready ? readiness : startup;
    const fault =
      (await answers(published, probe, signal)) ?? (known.ready ? null : await answers(published, readiness, signal));
    known.askedAtMs = Date.now();
    known.said = fault;
    known.failures = fault === null ? 0 : known.failures + 1;
    if (fault === null) known.ready = true;
    else if (known.failures >= readiness.failureThreshold) known.ready = false;
    return known.ready ? null : fault;
  }

  forget(instanceId: string): void {
    this.#known.delete(instanceId);
  }
}

/** @returns what is wrong, null where it answers well */
function answers(port: number, { path, timeoutSeconds }: HttpProbe, signal: AbortSignal): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
  const asking = request({ host: '127.0.0.1', port, path, agent: false, signal: bounded });
  asking.on('response', (response) => {
    const { statusCode = 0 } = response;
    response.destroy();
    resolve(statusCode >= 200 && statusCode < 400 ? null : `${path} answers ${statusCode}`);
  });
  asking.on('error', (error: NodeJS.ErrnoException) => resolve(`${path}: ${error.code ?? error.message}`));
  asking.end();
  return promise;
}
