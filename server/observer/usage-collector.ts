import { setTimeout as sleep } from 'node:timers/promises';
import type { UsageCounters } from '../../activities/adapters/adapter.ts';
import { platformScope } from '../persistence/database.ts';
import { openSealed } from '../secrets/sealing.ts';
import type { SealingKey } from '../secrets/sealing-key.ts';
import { recordUsage } from '../usage/commands/record-usage.ts';
import { LeaseLost } from './lease.ts';
import { countingAgents, type CountingAgent } from './usage-agents.ts';
import type { Watching } from './watching.ts';

export interface CollectorOptions extends Watching {
  clusterId: string;
  sealingKey: SealingKey;
  /** Between two questions to one agent. */
  intervalMs: number;
}

const askedAtOnce = 20;
/** An agent that hangs has one of the places for so long. */
const answerWithinMs = 8_000;
/** Questions are spread over this part of the interval, so that the agents of a cluster are not asked all at once. */
const spread = 0.8;
const writeEveryMs = 500;

/** Asks the agents of one cluster what they have done, and writes it down. Works until its lease ends. */
export class UsageCollector {
  readonly #options: CollectorOptions;
  /** Questions under way, by instance: who still thinks about the last one is not asked another. */
  readonly #asked = new Map<string, Promise<void>>();
  #told: { agent: CountingAgent; counters: UsageCounters; toldAtMs: number }[] = [];
  /** Agents that did not answer when they were asked last; said once. */
  readonly #silent = new Set<string>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** @throws LeaseLost */
  async work(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#ask(signal), this.#write(signal)]);
    await Promise.all(this.#asked.values());
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { db, log, clusterId, intervalMs } = this.#options;
    while (!signal.aborted) {
      const beganMs = performance.now();
      try {
        const agents = await db.transaction(platformScope(), (tx) => countingAgents(tx, clusterId));
        await this.#askAll(agents, signal);
      } catch (error) {
        if (!signal.aborted) log.warn({ clusterId, err: error }, 'the usage of a cluster is asked for again');
      }
      const leftMs = intervalMs - (performance.now() - beganMs);
      await sleep(Math.max(100, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }

  async #askAll(agents: CountingAgent[], signal: AbortSignal): Promise<void> {
    const paceMs = (this.#options.intervalMs * spread) / Math.max(1, agents.length);
    for (const agent of agents) {
      const { instanceId } = agent;
      if (signal.aborted) return;
      if (!this.#asked.has(instanceId)) {
        this.#asked.set(
          instanceId,
          this.#askOne(agent, signal).finally(() => this.#asked.delete(instanceId)),
        );
      }
      while (this.#asked.size >= askedAtOnce) await Promise.race(this.#asked.values());
      await sleep(paceMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #askOne(agent: CountingAgent, signal: AbortSignal): Promise<void> {
    const { runtime, adapterOf, sealingKey, log } = this.#options;
    const { tenantId, projectId, instanceId, name } = agent;
    const ref = { tenantId, projectId, instanceId, name };
    try {
      const adapter = adapterOf(agent.agentKind);
      const gatewayToken = openSealed(sealingKey, { kind: 'instance', tenantId, instanceId }, agent.sealed);
      const handle = { runtime, ref, port: adapter.rules.port, gatewayToken };
      const counters = await adapter.usage(handle, AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]));
      this.#silent.delete(instanceId);
      if (counters) this.#told.push({ agent, counters, toldAtMs: performance.now() });
    } catch (error) {
      if (signal.aborted || this.#silent.has(instanceId)) return;
      this.#silent.add(instanceId);
      log.info({ instanceId, err: error }, 'an agent does not tell its usage');
    }
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { db, log, lease, clusterId } = this.#options;
    while (!signal.aborted) {
      await sleep(writeEveryMs, undefined, { signal }).catch(() => undefined);
      const told = this.#told.splice(0);
      if (told.length === 0 || signal.aborted) continue;
      const nowMs = performance.now();
      const rows = told.map(({ agent: { tenantId, instanceId }, counters, toldAtMs }) => ({
        tenantId,
        instanceId,
        counters,
        ageSeconds: (nowMs - toldAtMs) / 1_000,
      }));
      try {
        await db.transaction(platformScope(), async (tx) => {
          await lease.assertHeld(tx);
          await recordUsage(tx, rows);
        });
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        // Counters go on growing: the next answer brings what is missing here.
        log.warn({ clusterId, err: error }, 'usage is written with the next answers');
      }
    }
  }
}
