import { Agent, buildConnector } from 'undici';
import { lastResumedAtMs } from '../pauses.ts';
import { gatedConnector } from './gate.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** A connection to one API server (HTTP/2, so that one carries many requests), replaced when it is of no use any more. */
export class Connection {
  readonly #access: ClusterAccess;
  readonly #gated: boolean;
  #agent: Agent;
  #openedAtMs = performance.now();

  /** @param gated nothing is sent on it that was prepared before the process was stopped */
  constructor(access: ClusterAccess, { gated }: { gated: boolean }) {
    this.#access = access;
    this.#gated = gated;
    this.#agent = this.#open();
  }

  take(): Agent {
    if (this.#gated && lastResumedAtMs() > this.#openedAtMs) this.leave(this.#agent);
    return this.#agent;
  }

  /** A connection that swallowed a request would swallow the next one too. */
  leave(used: Agent): void {
    if (this.#agent !== used) return;
    this.#agent = this.#open();
    this.#openedAtMs = performance.now();
    // Others that still wait on it have deadlines of their own; it goes when the last one has ended.
    used.close().catch(() => undefined); // it had ended by itself
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #open(): Agent {
    const { certificateAuthority, serverName, identity } = this.#access;
    const options: buildConnector.BuildOptions = {
      ca: certificateAuthority,
      timeout: 10_000,
      allowH2: true,
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...('key' in identity ? { cert: identity.certificate, key: identity.key } : {}),
    };
    return new Agent({ connect: this.#gated ? gatedConnector(options) : buildConnector(options), allowH2: true });
  }
}
