import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';

import { Problem } from '../../../workflows/contracts/problem.ts';
import { isStatus, sentenceOf } from './faults.ts';

/** Registries do answer wrongly for a moment, but nobody waits for long for what one says it does not have. */
const refusalPatienceMs = 30_000;
const retryMs = 3_000;
const refusal = /not found|manifest unknown|unauthorized|access denied|denied|forbidden|no such image/i;
const malformed = /invalid reference|repository name must be/i;

interface Pull {
  ended: Promise<void>;
  /** How far it is, in the engine's words. */
  said: string;
}

/** Whoever waits no longer for a pull leaves it under way: the next attempt takes it up where it is. */
export class Images {
  readonly #docker: Docker;
  readonly #pulls = new Map<string, Pull>();

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** How far the pull of an image is that this process has under way. */
  pulling(image: string): string | undefined {
    return this.#pulls.get(image)?.said;
  }

  /** @returns its id where the engine has it */
  async idOf(image: string, signal: AbortSignal): Promise<string | undefined> {
    return (await this.inspect(image, signal))?.Id;
  }

  async inspect(image: string, signal: AbortSignal): Promise<Docker.ImageInspectInfo | undefined> {
    try {
      return await this.#docker.getImage(image).inspect({ abortSignal: signal } as {});
    } catch (error) {
      // A name that cannot be one is said to be none of an image here, and tells more when it is pulled.
      if (isStatus(error, 400, 404) || malformed.test(sentenceOf(error))) return undefined;
      throw error;
    }
  }

  /**
   * Sees to it that the engine has an image. One that was loaded locally is used as it is.
   * @param late what to call it when the image is still on its way after `patienceMs`
   * @throws Problem 'agent.image-unavailable'
   */
  async require(
    image: string,
    { patienceMs, late }: { patienceMs: number; late?: (said: string) => Problem },
    signal: AbortSignal,
  ): Promise<void> {
    const sinceMs = Date.now();
    while (!(await this.inspect(image, signal))) {
      try {
        await this.#arrival(image, sinceMs + patienceMs - Date.now(), signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof StillPulling) {
          throw late?.(error.message) ?? unavailable(image, `did not come in ${Math.round(patienceMs / 1000)} s`);
        }
        const said = sentenceOf(error);
        const withinMs = patienceFor(image, said, patienceMs);
        if (Date.now() - sinceMs + retryMs > withinMs) throw unavailable(image, said);
        await sleep(retryMs, undefined, { signal });
      }
    }
  }

  async #arrival(image: string, withinMs: number, signal: AbortSignal): Promise<void> {
    const pull = this.#pulls.get(image) ?? this.#begin(image);
    const clock = new AbortController();
    const over = async (): Promise<never> => {
      await sleep(Math.max(0, withinMs), undefined, { signal: AbortSignal.any([signal, clock.signal]) });
      throw new StillPulling(pull.said);
    };
    const deadline = over();
    // Read by the race; lost by it, it ends with its clock.
    deadline.catch(() => undefined);
    try {
      await Promise.race([pull.ended, deadline]);
    } finally {
      clock.abort();
    }
  }

  #begin(image: string): Pull {
    const pull: Pull = { said: 'the pull begins', ended: Promise.resolve() };
    pull.ended = this.#follow(image, (said) => (pull.said = said)).finally(() => this.#pulls.delete(image));
    // Also where nobody waits for it any more.
    pull.ended.catch(() => undefined);
    this.#pulls.set(image, pull);
    return pull;
  }

  async #follow(image: string, say: (said: string) => void): Promise<void> {
    const named = /[@:][^/]*$/.test(image) ? image : `${image}:latest`;
    const stream = await this.#docker.pull(named);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const layers = new Map<string, { current: number; total: number }>();
    this.#docker.modem.followProgress(
      stream,
      (error) => (error ? reject(error) : resolve()),
      (event: { id?: string; status?: string; progressDetail?: { current?: number; total?: number } }) => {
        const { current, total } = event.progressDetail ?? {};
        if (event.id && total) layers.set(event.id, { current: current ?? 0, total });
        say(progressOf([...layers.values()]) ?? event.status ?? 'pulling');
      },
    );
    await promise;
  }
}

class StillPulling extends Error {
  override readonly name = 'StillPulling';
}

const unavailable = (image: string, said: string): Problem =>
  new Problem('agent.image-unavailable', `${image}: ${said}`);

function progressOf(layers: { current: number; total: number }[]): string | undefined {
  const total = layers.reduce((sum, layer) => sum + layer.total, 0);
  const current = layers.reduce((sum, layer) => sum + layer.current, 0);
  return total > 0 ? `${Math.floor((100 * current) / total)} % of ${Math.ceil(total / 1_048_576)} MiB` : undefined;
}

function patienceFor(image: string, said: string, patienceMs: number): number {
  // Of no registry, or no name at all.
  if (image.startsWith('localhost/') || malformed.test(said)) return 0;
  return refusal.test(said) ? Math.min(refusalPatienceMs, patienceMs) : patienceMs;
}
